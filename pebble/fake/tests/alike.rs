//! The same calls to the fake and to a real daemon, with the same answers: our supervisor, or the binary in
//! `PEBBLE_BINARY`.
//!
//! Each case is a list of calls of the client. Its transcript on the fake must be that on the daemon. Both work in one
//! temporary folder after the other, under the same path.
//!
//! ```text
//! cargo build -p supervisor && cargo test -p webcharm-pebble-fake --test alike
//! PEBBLE_BINARY=/usr/bin/pebble cargo test -p webcharm-pebble-fake --test alike
//! ```

#![allow(clippy::disallowed_methods, reason = "a test program starts daemons and is told which by the environment")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pebble::Error;
use pebble::blocking::Client;
use pebble::plan::Layer;
use pebble::types::{
    BasicIdentity, ExecOptions, HealthLevel, Identity, IdentityAccess, LocalIdentity, MakeDir, NoticeType,
    NoticesFilter, Notify, Signal, WriteFile,
};
use webcharm_pebble_fake::{ExecReply, Pebble, Script, Server};

const SOON: Duration = Duration::from_secs(60);

/// Answers of one daemon, one line for each call.
struct Transcript {
    client: Client,
    dir: PathBuf,
    lines: Vec<String>,
}

impl Transcript {
    /// Notes the result of a call.
    fn note<T: Debug>(&mut self, what: &str, result: Result<T, Error>) {
        let line = match result {
            Ok(value) => format!("{what}: {value:?}"),
            Err(Error::Api { kind, status, .. }) => format!("{what}: {status} {kind}"),
            Err(Error::Path { kind, .. }) => format!("{what}: {kind:?}"),
            Err(Error::Change { change }) => format!("{what}: {} {}", change.kind, change.status),
            Err(Error::ExecTimeout { .. }) => format!("{what}: timeout"),
            Err(Error::Exec { .. }) => format!("{what}: refused"),
            Err(other) => panic!("{what}: {other}"),
        };
        self.lines.push(line);
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }
}

/// A daemon's process, killed at the end.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn real(dir: &Path, socket: &Path) -> Daemon {
    let mut command = Command::new(testkit::pebble());
    command.args(["run", "--create-dirs", "--hold"]).env("PEBBLE", dir.join("pebble")).env("PEBBLE_SOCKET", socket);
    Daemon(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn await_answer(client: &Client) {
    let patience = Instant::now() + SOON;
    while client.system_info().is_err() {
        assert!(Instant::now() < patience, "the daemon does not answer");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Plays a case on a real daemon and on the fake, and compares the transcripts.
fn alike(play: impl Fn(&mut Transcript)) {
    let home = tempfile::tempdir().unwrap();
    let transcript = |socket: &Path| {
        let dir = home.path().join("work");
        std::fs::create_dir_all(&dir).unwrap();
        let mut transcript = Transcript { client: Client::new(socket), dir: dir.clone(), lines: Vec::new() };
        await_answer(&transcript.client);
        play(&mut transcript);
        std::fs::remove_dir_all(dir).unwrap();
        transcript.lines
    };
    let socket = home.path().join("real.socket");
    let daemon = real(home.path(), &socket);
    let expected = transcript(&socket);
    drop(daemon);
    let mut pebble = Pebble::default();
    pebble.set_root("/");
    pebble.handle_exec(&["cat"], |call| ExecReply::prints(call.stdin.clone()));
    pebble.handle_exec(&["sh", "-c", "echo no >&2; exit 3"], |_| ExecReply::fails(3, "no\n"));
    pebble.handle_exec(&["sleep"], |_| ExecReply::TimesOut);
    pebble.script("/nonexistent/program", Script::Missing("no such file or directory".to_owned()));
    let server = Server::start(home.path().join("fake.socket"), Arc::new(Mutex::new(pebble))).unwrap();
    let got = transcript(server.socket());
    assert!(!got.is_empty());
    assert_eq!(got, expected, "the fake is on the left, the daemon on the right");
}

fn layer(text: &str) -> Layer {
    Layer::parse(text.as_bytes()).unwrap()
}

#[test]
fn files_are_alike() {
    alike(|t| {
        let (parents, mode) = (WriteFile { make_dirs: true, ..WriteFile::default() }, Some(0o600));
        let write = |t: &mut Transcript, name: &str, options: &WriteFile| {
            let written = t.client.write_file(&t.path(name), &b"text"[..], options);
            t.note(&format!("write {name}"), written);
        };
        write(t, "a", &WriteFile { permissions: mode, ..WriteFile::default() });
        write(t, "none/a", &WriteFile::default());
        write(t, "deep/er/a", &parents);
        write(t, "deep", &WriteFile::default());
        for name in ["a", "none", "deep", "deep/er/a"] {
            let read = t.client.read_file(&t.path(name), 100);
            t.note(&format!("read {name}"), read);
        }
        let relative = t.client.read_file("a", 100);
        t.note("read a relative path", relative);
        for (name, make_parents) in
            [("d", false), ("d", false), ("d", true), ("x/y", false), ("x/y", true), ("a/b", true)]
        {
            let made = t.client.make_dir(&t.path(name), &MakeDir { make_parents, ..MakeDir::default() });
            t.note(&format!("make {name} {make_parents}"), made);
        }
        for (name, pattern, itself) in
            [("", None, false), ("", Some("d*"), false), ("d", None, true), ("none", None, false)]
        {
            let listed = t.client.list_files(&t.path(name), pattern, itself).map(|infos| {
                infos.into_iter().map(|info| (info.name, info.type_, info.size, info.permissions)).collect::<Vec<_>>()
            });
            t.note(&format!("list {name} {pattern:?} {itself}"), listed);
        }
        for (name, recursive) in [("x", false), ("x", true), ("x", true), ("x", false), ("a", false)] {
            let removed = t.client.remove(&t.path(name), recursive);
            t.note(&format!("remove {name} {recursive}"), removed);
        }
    });
}

#[test]
fn layers_and_plans_are_alike() {
    alike(|t| {
        let add = |t: &mut Transcript, label: &str, text: &str, combine: bool| {
            let added = t.client.add_layer(label, &layer(text), combine);
            t.note(&format!("add {label} {combine}"), added);
        };
        add(t, "one", r#"{"services": {"a": {"override": "replace", "command": "sleep 1000"}}}"#, false);
        add(t, "one", r#"{"services": {"a": {"override": "replace", "command": "sleep 1"}}}"#, false);
        add(t, "one", r#"{"services": {"a": {"override": "merge", "environment": {"K": "v"}}}}"#, true);
        add(t, "two", r#"{"services": {"b": {"override": "merge", "summary": "no command"}}}"#, false);
        add(t, "three", r#"{"checks": {"up": {"override": "replace", "tcp": {"port": 80}}}}"#, false);
        let plan = t.client.plan().map(|plan| plan.to_yaml());
        t.note("plan", plan);
    });
}

#[test]
fn services_are_alike() {
    alike(|t| {
        let text = r#"{"services": {
            "on": {"override": "replace", "command": "sleep 1000", "startup": "enabled"},
            "off": {"override": "replace", "command": "sleep 1000"},
            "gone": {"override": "replace", "command": "/nonexistent/program"}}}"#;
        let autostarted = t.client.autostart(SOON).map(drop);
        t.note("autostart without services", autostarted);
        t.client.add_layer("web", &layer(text), false).unwrap();
        let kind = |result: Result<pebble::types::Change, Error>| result.map(|change| (change.kind, change.status));
        let status = |t: &mut Transcript| {
            let services = t
                .client
                .services(&[])
                .map(|all| all.into_iter().map(|info| (info.name, info.startup, info.current)).collect::<Vec<_>>());
            t.note("services", services);
        };
        status(t);
        let replanned = kind(t.client.replan(SOON));
        t.note("replan", replanned);
        status(t);
        for (verb, names) in
            [("start", vec!["off"]), ("start", vec!["none"]), ("start", vec![]), ("start", vec!["gone"])]
        {
            let started = kind(t.client.start(&names, SOON));
            t.note(&format!("{verb} {names:?}"), started);
        }
        for (signal, name) in [(Signal::Cont, "on"), (Signal::Cont, "gone"), (Signal::Cont, "none")] {
            let sent = t.client.signal(signal, &[name]);
            t.note(&format!("{signal} {name}"), sent);
        }
        let restarted = kind(t.client.restart(&["on"], SOON));
        t.note("restart", restarted);
        let stopped = kind(t.client.stop(&["on"], SOON));
        t.note("stop", stopped);
        status(t);
        let some = t.client.services(&["on", "none"]).map(|all| all.len());
        t.note("services by name", some);
    });
}

#[test]
fn commands_are_alike() {
    alike(|t| {
        let echo = ExecOptions { stdin: Some(b"input".to_vec()), ..ExecOptions::new(["cat"]) };
        let fails = ExecOptions::new(["sh", "-c", "echo no >&2; exit 3"]);
        let joined = ExecOptions { combine_stderr: true, ..fails.clone() };
        let slow = ExecOptions { timeout: Some(Duration::from_secs(1)), ..ExecOptions::new(["sleep", "1000"]) };
        for options in [echo, fails, joined, slow, ExecOptions::new(["/nonexistent/program"])] {
            let done = t.client.exec(&options).map(|output| (output.exit_code, output.stdout, output.stderr));
            t.note(options.name(), done);
        }
    });
}

#[test]
fn notices_are_alike() {
    alike(|t| {
        let key = |key: &str, repeat_after| Notify { key: key.to_owned(), repeat_after, ..Notify::default() };
        for notice in [key("example.com/a", None), key("example.com/b", Some(SOON)), key("no key", None)] {
            let added = t.client.notify(&notice).map(drop);
            t.note(&notice.key, added);
        }
        for notice in [key("example.com/a", None), key("example.com/b", Some(SOON))] {
            t.client.notify(&notice).unwrap();
        }
        let filter = NoticesFilter { types: vec![NoticeType::Custom], ..NoticesFilter::default() };
        let listed = t.client.notices(&filter).unwrap();
        let of = |notices: &[pebble::types::Notice]| {
            notices.iter().map(|notice| (notice.key.clone(), notice.occurrences)).collect::<Vec<_>>()
        };
        let counts = of(&listed);
        t.note("notices", Ok(counts));
        let after = Some(listed[0].last_repeated.clone());
        let later = t.client.notices(&NoticesFilter { after, ..filter }).map(|notices| of(&notices));
        t.note("later notices", later);
        for id in [listed[0].id.as_str(), "9999"] {
            let one = t.client.notice(id).map(|notice| (notice.kind, notice.key, notice.occurrences));
            t.note("one notice", one);
        }
    });
}

#[test]
fn checks_are_alike() {
    alike(|t| {
        let checks = "{override: replace, startup: disabled, period: 1h, exec: {command: 'true'}}";
        let text = format!("checks: {{one: {checks}, two: {checks}}}");
        t.client.add_layer("checks", &layer(&text), false).unwrap();
        type Act = fn(&Client, &[&str]) -> Result<Vec<String>, Error>;
        let (start, stop): (Act, Act) = (Client::start_checks, Client::stop_checks);
        for (act, names) in [
            (start, &["two", "one"][..]),
            (start, &["one"]),
            (stop, &["one"]),
            (stop, &["one", "two"]),
            (start, &["none"]),
            (stop, &[]),
        ] {
            let changed = act(&t.client, names);
            t.note(&format!("{names:?}"), changed);
            let status = t.client.checks(HealthLevel::Any, &[]);
            t.note(
                "checks",
                status.map(|all| all.into_iter().map(|info| (info.name, info.status)).collect::<Vec<_>>()),
            );
        }
        t.client.start_checks(&["one"]).unwrap();
        for name in ["one", "none", ""] {
            let refreshed = t.client.refresh_check(name).map(|run| (run.info.status, run.error));
            t.note(&format!("refresh {name}"), refreshed);
        }
    });
}

#[test]
fn identities_are_alike() {
    alike(|t| {
        let local = |user_id| Identity {
            access: IdentityAccess::Read,
            local: Some(LocalIdentity { user_id }),
            ..Identity::default()
        };
        let password = "$6$salt$hash".to_owned();
        let basic = Identity {
            access: IdentityAccess::Metrics,
            basic: Some(BasicIdentity { password }),
            ..Identity::default()
        };
        let named = |name: &str, identity: &Identity| [(name.to_owned(), identity.clone())].into();
        let results = [
            t.client.add_identities(&named("ann", &local(4001))),
            t.client.add_identities(&named("ann", &local(4002))),
            t.client.update_identities(&named("ann", &local(4002))),
            t.client.update_identities(&named("bob", &basic)),
            t.client.replace_identities(&[("bob".to_owned(), Some(basic)), ("none".to_owned(), None)].into()),
            t.client.remove_identities(&["ann", "none"]),
        ];
        for result in results {
            t.note("change", result);
        }
        let listed = t.client.identities().map(|all| serde_json::to_string(&all).unwrap());
        t.note("identities", listed);
    });
}

#[test]
fn inner_layers_are_alike() {
    alike(|t| {
        let command = |word: &str| layer(&format!("services: {{a: {{override: replace, command: {word}}}}}"));
        let results = [
            t.client.add_layer("one/first", &command("first"), false),
            t.client.add_layer("two", &command("top"), false),
            t.client.add_layer("one/second", &command("second"), false),
            t.client.add_inner_layer("one/second", &command("second"), false),
        ];
        for result in results {
            t.note("layer", result);
        }
        let plan = t.client.plan().map(|plan| plan.services["a"].command.clone());
        t.note("plan", plan);
    });
}

#[test]
fn output_is_followed_and_metrics_counted() {
    let pebble = Arc::new(Mutex::new(Pebble::default()));
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path().join("fake.socket"), Arc::clone(&pebble)).unwrap();
    let client = Client::new(server.socket());
    let print = |service: &str, line: &str| pebble.lock().unwrap().print(service, line);
    client.add_layer("a", &layer("services: {a: {override: replace, command: serve}}"), false).unwrap();
    client.start(&["a"], SOON).unwrap();
    for (service, line) in [("a", "one"), ("b", "other"), ("a", "two")] {
        print(service, line);
    }
    let messages =
        |entries: Vec<pebble::types::LogEntry>| entries.into_iter().map(|entry| entry.message).collect::<Vec<_>>();
    assert_eq!(messages(client.logs(&["a"], 1).unwrap()), ["two"]);
    assert_eq!(messages(client.logs(&[], 9).unwrap()), ["one", "other", "two"]);
    let mut lines = client.follow_logs(&["a"], 1).unwrap();
    assert_eq!(lines.next().unwrap().unwrap().message, "two");
    print("b", "other");
    assert!(lines.next_within(Duration::from_millis(20)).is_err());
    print("a", "three");
    assert_eq!(lines.next().unwrap().unwrap().message, "three");
    let metrics = client.metrics().unwrap();
    assert!(metrics.contains("pebble_service_active{service=\"a\"} 1"), "{metrics}");
}
