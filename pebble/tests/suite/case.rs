//! One case: a daemon, and everything it answered.

use std::ops::{Deref, DerefMut};

use pebble::Error;
use serde::Serialize;
use serde_json::{Value, json};

use crate::daemon::{Daemon, Start, until};
use crate::raw;
use crate::record::{self, Nameless};

/// A daemon and its answers so far. Answers are settled with the recording when the case's function is through.
pub(crate) struct Case {
    daemon: Daemon,
    answers: Vec<Value>,
    nameless: Nameless,
}

/// Runs a case on a daemon that holds its services.
pub(crate) fn case(name: &str, play: impl FnOnce(&mut Case)) {
    case_with(name, held(), play);
}

/// Runs a case on a daemon started so.
pub(crate) fn case_with(name: &str, how: Start, play: impl FnOnce(&mut Case)) {
    play_on(name, Daemon::start(how), play);
}

/// Runs a case on a daemon that will not come to answer.
pub(crate) fn case_without(name: &str, how: Start, play: impl FnOnce(&mut Case)) {
    play_on(name, Daemon::begin(how), play);
}

fn play_on(name: &str, daemon: Daemon, play: impl FnOnce(&mut Case)) {
    let dir = daemon.dir.path().to_str().expect("temporary folders have plain names").to_owned();
    let mut case = Case { daemon, answers: Vec::new(), nameless: Nameless::new(dir) };
    play(&mut case);
    record::settle(name, &case.answers);
}

/// A daemon that starts nothing by itself.
pub(crate) fn held() -> Start {
    Start { arguments: vec!["--create-dirs".to_owned(), "--hold".to_owned()], ..Start::default() }
}

/// A shell command for services with the test's folder as theirs: waits until the test says so. A test that counted on
/// seconds instead would fail on a busy machine.
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
    /// `GET target`; the whole body, if it is JSON.
    pub(crate) fn get(&mut self, target: &str) -> Value {
        let answer = raw::request(&self.socket(), &format!("GET {target}"), "", b"");
        self.heard(&format!("GET {target}"), &answer)
    }

    /// `POST target`; the whole body, if it is JSON.
    pub(crate) fn post(&mut self, target: &str, body: &Value) -> Value {
        self.post_text(target, &body.to_string())
    }

    /// The same with a body that need not be JSON.
    pub(crate) fn post_text(&mut self, target: &str, body: &str) -> Value {
        let kind = "Content-Type: application/json\r\n";
        let answer = raw::request(&self.socket(), &format!("POST {target}"), kind, body.as_bytes());
        self.heard(&format!("POST {target} {body}"), &answer)
    }

    /// `POST target`, and the change it begins, when that is over; its id.
    pub(crate) fn change(&mut self, target: &str, body: &Value) -> String {
        let begun = self.post(target, body);
        let id = begun["change"].as_str().unwrap_or_else(|| panic!("no change was begun: {begun}")).to_owned();
        self.wait(&id);
        id
    }

    /// A change when it is over, recorded without its id in the request.
    pub(crate) fn wait(&mut self, id: &str) {
        let answer = raw::request(&self.socket(), &format!("GET /v1/changes/{id}/wait?timeout=30s"), "", b"");
        self.heard("(its change)", &answer);
    }

    /// `start`, `stop`, … of services, to its end; the change's id.
    pub(crate) fn services(&mut self, action: &str, names: &[&str]) -> String {
        self.change("/v1/services", &json!({ "action": action, "services": names }))
    }

    /// Waits until a service has printed this line; not recorded.
    pub(crate) fn hears(&self, service: &str, line: &str) {
        let client = self.client();
        until(&format!("{service} prints {line:?}"), || {
            client.logs(&[service], 99).unwrap().iter().any(|entry| entry.message == line).then_some(())
        });
    }

    /// Lets the services go on that run [`UNTIL_RELEASED`], until [`Case::hold`].
    pub(crate) fn release(&self) {
        std::fs::write(self.path("released"), "").unwrap();
    }

    /// Holds such services from now on.
    pub(crate) fn hold(&self) {
        std::fs::remove_file(self.path("released")).unwrap();
    }

    /// Adds a layer that must be taken; not recorded.
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

    /// Records what a call of the client gave, and gives it on.
    pub(crate) fn typed<T: Serialize>(&mut self, what: &str, result: Result<T, Error>) -> Result<T, Error> {
        let outcome = match &result {
            Ok(value) => json!({ "call": what, "value": value }),
            Err(error) => json!({ "call": what, "error": message(error), "logs": error.logs() }),
        };
        let nameless = self.nameless.value(&outcome);
        self.answers.push(nameless);
        result
    }

    /// Records a fact that is no answer.
    pub(crate) fn note(&mut self, what: &str, fact: impl Serialize) {
        let fact = self.nameless.value(&json!({ "fact": what, "value": fact }));
        self.answers.push(fact);
    }

    /// Records an answer; the body, if it is JSON.
    pub(crate) fn heard(&mut self, request: &str, answer: &raw::Response) -> Value {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::String(text));
        let heard = json!({"request": request, "status": answer.status, "type": answer.kind, "body": body});
        let nameless = self.nameless.value(&heard);
        self.answers.push(nameless);
        body
    }
}

/// An error in words, without the ids in them.
fn message(error: &Error) -> String {
    match error {
        Error::Change { change } => format!("change: {}", change.err.as_deref().unwrap_or_default()),
        Error::Timeout { .. } => "timeout".to_owned(),
        other => other.to_string(),
    }
}
