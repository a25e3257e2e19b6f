//! A case: a daemon and its answers.

use std::net::{SocketAddr, TcpListener};
use std::ops::{Deref, DerefMut};

use pebble::Error;
use serde::Serialize;
use serde_json::{Value, json};

use crate::daemon::{Daemon, Start, until};
use crate::journal::log_lines;
use crate::raw;
use crate::record::{self, Normalizer};

/// A daemon and its answers so far, which are compared with the recording at the end of the case's function.
pub(crate) struct Case {
    daemon: Daemon,
    answers: Vec<Value>,
    normalizer: Normalizer,
}

/// Runs a case on a daemon started with `--hold`.
pub(crate) fn case(name: &str, play: impl FnOnce(&mut Case)) {
    case_with(name, held(), play);
}

/// Runs a case on a daemon with other options.
pub(crate) fn case_with(name: &str, how: Start, play: impl FnOnce(&mut Case)) {
    play_on(name, Daemon::start(how), play);
}

/// Runs a case on a daemon that fails to start.
pub(crate) fn case_without(name: &str, how: Start, play: impl FnOnce(&mut Case)) {
    play_on(name, Daemon::begin(how), play);
}

/// Does the same for each item at once: most of a case's time is spent waiting.
pub(crate) fn at_once<T: Send>(items: impl IntoIterator<Item = T>, play: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        let play = &play;
        items.into_iter().for_each(|item| drop(scope.spawn(move || play(item))));
    });
}

fn play_on(name: &str, daemon: Daemon, play: impl FnOnce(&mut Case)) {
    let dir = daemon.dir.path().to_str().expect("temporary folders have plain names").to_owned();
    let mut case = Case { daemon, answers: Vec::new(), normalizer: Normalizer::new(dir) };
    play(&mut case);
    record::settle(name, &case.answers);
}

/// Options of a daemon that starts no services by itself.
pub(crate) fn held() -> Start {
    Start { arguments: vec!["--create-dirs".to_owned(), "--hold".to_owned()], ..Start::default() }
}

/// Options of such a daemon that serves `--http` or `--https` too, and the address.
pub(crate) fn over(option: &str) -> (Start, SocketAddr) {
    let free = listener().local_addr().expect("a listener has an address");
    let mut arguments = held().arguments;
    arguments.extend([option.to_owned(), free.to_string()]);
    (Start { arguments, ..Start::default() }, free)
}

/// A listener on a loopback address of this process's own, so that no other program takes a port that it gave up.
pub(crate) fn listener() -> TcpListener {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    TcpListener::bind((format!("127.78.{high}.{low}"), 0)).expect("Linux has all of 127.0.0.0/8")
}

/// True if a real Pebble is tested.
pub(crate) fn is_real() -> bool {
    testkit::chosen_pebble().is_some()
}

/// Shell command for services in the test's folder that waits for [`Case::release`]. A fixed time would fail on a busy
/// machine.
pub(crate) const UNTIL_RELEASED: &str = "until test -e released; do sleep 0.02; done";

impl Deref for Case {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.daemon
    }
}

impl DerefMut for Case {
    fn deref_mut(&mut self) -> &mut Daemon {
        &mut self.daemon
    }
}

impl Case {
    /// Replaces a text of this run in answers that are recorded from here on.
    pub(crate) fn hide(&mut self, text: &impl ToString, name: &'static str) {
        self.normalizer.hide(text.to_string(), name);
    }

    /// `GET target`; returns the body.
    pub(crate) fn get(&mut self, target: &str) -> Value {
        let answer = raw::request(&self.socket(), &format!("GET {target}"), "", b"");
        self.heard(&format!("GET {target}"), &answer)
    }

    /// `POST target` with JSON; returns the body.
    pub(crate) fn post(&mut self, target: &str, body: &Value) -> Value {
        self.post_text(target, &body.to_string())
    }

    /// `POST target` with any text; returns the body.
    pub(crate) fn post_text(&mut self, target: &str, body: &str) -> Value {
        let kind = "Content-Type: application/json\r\n";
        let answer = raw::request(&self.socket(), &format!("POST {target}"), kind, body.as_bytes());
        self.heard(&format!("POST {target} {body}"), &answer)
    }

    /// `POST target`, and waits for the change that it begins; returns the change's id.
    pub(crate) fn change(&mut self, target: &str, body: &Value) -> String {
        let begun = self.post(target, body);
        let id = begun["change"].as_str().unwrap_or_else(|| panic!("no change was begun: {begun}")).to_owned();
        self.wait(&id);
        id
    }

    /// Waits for a change, and records it without its id in the request.
    pub(crate) fn wait(&mut self, id: &str) {
        let answer = raw::request(&self.socket(), &format!("GET /v1/changes/{id}/wait?timeout=30s"), "", b"");
        self.heard("(its change)", &answer);
    }

    /// Runs `start`, `stop`, … of services to the end; returns the change's id.
    pub(crate) fn services(&mut self, action: &str, names: &[&str]) -> String {
        self.change("/v1/services", &json!({ "action": action, "services": names }))
    }

    /// Waits until a service has printed this line, without recording.
    pub(crate) fn hears(&self, service: &str, line: &str) {
        let client = self.client();
        until(&format!("{service} prints {line:?}"), || {
            client.logs(&[service], 99).unwrap().iter().any(|entry| entry.message == line).then_some(())
        });
    }

    /// Waits until the daemon's log has a line with this text, without recording.
    pub(crate) fn told(&self, text: &str) {
        until(&format!("the daemon logs {text:?}"), || self.printed().contains(text).then_some(()));
    }

    /// Records the daemon's log so far, in order, without the lines about requests.
    pub(crate) fn journal(&mut self) {
        let lines = log_lines(&self.printed()).into_iter().filter(|line| !line.contains("(http"));
        self.note("log", lines.collect::<Vec<_>>());
    }

    /// Releases the services that run [`UNTIL_RELEASED`], until [`Case::hold`].
    pub(crate) fn release(&self) {
        std::fs::write(self.path("released"), "").unwrap();
    }

    /// Holds such services again.
    pub(crate) fn hold(&self) {
        std::fs::remove_file(self.path("released")).unwrap();
    }

    /// Adds a layer, which must succeed, without recording.
    pub(crate) fn layer(&self, label: &str, yaml: &str) {
        let body = json!({"action": "add", "combine": true, "label": label, "format": "yaml", "layer": yaml});
        let answer = raw::request(
            &self.socket(),
            "POST /v1/layers",
            "Content-Type: application/json\r\n",
            body.to_string().as_bytes(),
        );
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Records the result of a client's call, and returns it.
    pub(crate) fn typed<T: Serialize>(&mut self, what: &str, result: Result<T, Error>) -> Result<T, Error> {
        let outcome = match &result {
            Ok(value) => json!({ "call": what, "value": value }),
            Err(error) => json!({ "call": what, "error": message(error), "logs": error.logs() }),
        };
        let normalized = self.normalizer.value(&outcome);
        self.answers.push(normalized);
        result
    }

    /// Records another fact.
    pub(crate) fn note(&mut self, what: &str, fact: impl Serialize) {
        let fact = self.normalizer.value(&json!({ "fact": what, "value": fact }));
        self.answers.push(fact);
    }

    /// Records a response and returns its body: JSON, or else text.
    pub(crate) fn heard(&mut self, request: &str, answer: &raw::Response) -> Value {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::String(text));
        let heard = json!({"request": request, "status": answer.status, "type": answer.kind, "body": body});
        let normalized = self.normalizer.value(&heard);
        self.answers.push(normalized);
        body
    }
}

/// Text of an error without ids.
fn message(error: &Error) -> String {
    match error {
        Error::Change { change } => format!("change: {}", change.err.as_deref().unwrap_or_default()),
        Error::Timeout { .. } => "timeout".to_owned(),
        other => other.to_string(),
    }
}
