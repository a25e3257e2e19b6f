//! Daemons that die during a request. Without recordings: the client must return an error soon.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use pebble::types::{ChangeId, ChangeSelect, ExecOptions, WriteFile};
use pebble::{Error, Limits};

use crate::case::held;
use crate::daemon::{Daemon, until};

/// Time after which a client counts as hanging.
const SOON: Duration = Duration::from_secs(60);

/// Kills a daemon once `begun` returns true, during `call`, which must fail as unreachable.
fn dies_midway<T: std::fmt::Debug + Send>(
    mut daemon: Daemon,
    begun: impl Fn(&Daemon) -> bool,
    call: impl FnOnce(pebble::blocking::Client) -> Result<T, Error> + Send,
) {
    let client = daemon.client();
    thread::scope(|scope| {
        let call = scope.spawn(move || call(client));
        until("the call is under way", || begun(&daemon).then_some(()));
        let killed = Instant::now();
        daemon.kill();
        let error = call.join().unwrap().unwrap_err();
        assert!(error.is_unreachable(), "{error:?}");
        assert!(killed.elapsed() < SOON, "{:?}", killed.elapsed());
    });
}

#[test]
fn in_the_midst_of_a_command() {
    // The command runs until the daemon is gone.
    let begun = |daemon: &Daemon| daemon.dir.path().join("begun").exists();
    let daemon = Daemon::start(held());
    let script = format!("echo x; touch {}; while sleep 0.1; do echo x || exit; done", daemon.path("begun"));
    dies_midway(daemon, begun, move |client| client.exec(&ExecOptions::new(["sh", "-c", &script])));
}

#[test]
fn in_the_midst_of_a_wait() {
    let daemon = Daemon::start(held());
    let begun = |daemon: &Daemon| !daemon.client().changes(ChangeSelect::InProgress, None).unwrap().is_empty();
    // The service outlives its daemon, but not the test's folder.
    let script = format!("trap '' TERM; echo ready; while test -d {}; do sleep 0.05; done", daemon.path(""));
    let layer = format!(r#"services: {{a: {{override: replace, command: "sh -c \"{script}\"", kill-delay: 1h}}}}"#);
    let layer = pebble::plan::Layer::parse(layer.as_bytes()).unwrap();
    daemon.client().add_layer("a", &layer, false).unwrap();
    daemon.client().start(&["a"], SOON).unwrap();
    until("it is deaf", || daemon.client().logs(&["a"], 1).unwrap().pop());
    // The stop does not end.
    dies_midway(daemon, begun, |client| client.stop(&["a"], SOON));
}

/// A writer that takes a first piece and then waits for the daemon's death.
struct Hesitant<'a>(&'a (dyn Fn() + Sync), bool);

impl Write for Hesitant<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !std::mem::replace(&mut self.1, true) {
            (self.0)();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn in_the_midst_of_a_file() {
    let mut daemon = Daemon::start(held());
    let path = daemon.path("large");
    std::fs::write(&path, vec![7; 64 << 20]).unwrap();
    let client = daemon.client();
    let (first, is_first) = std::sync::mpsc::channel();
    let (dead, is_dead) = std::sync::mpsc::channel();
    let is_dead = std::sync::Mutex::new(is_dead);
    let wait = move || {
        first.send(()).unwrap();
        is_dead.lock().unwrap().recv().unwrap();
    };
    thread::scope(|scope| {
        let read = scope.spawn(move || client.read_file_to(&path, &mut Hesitant(&wait, false)));
        is_first.recv().unwrap();
        daemon.kill();
        dead.send(()).unwrap();
        let error = read.join().unwrap().unwrap_err();
        assert!(error.is_unreachable(), "{error:?}");
    });
}

#[test]
fn a_client_outlives_its_daemon() {
    let mut daemon = Daemon::start(held());
    let limits = Limits { connect: Duration::from_secs(1), ..Limits::default() };
    let client = pebble::blocking::Client::with_limits(daemon.socket(), limits);
    client.system_info().unwrap();
    daemon.kill();
    assert!(matches!(client.services(&[]).unwrap_err(), Error::Connect { .. }));
    daemon.start_again();
    client.write_file(&daemon.path("x"), &b"x"[..], &WriteFile::default()).unwrap();
    assert_eq!(client.read_file(&daemon.path("x"), 9).unwrap(), b"x");
    assert!(client.change(&ChangeId::from("999")).unwrap_err().is_not_found());
    daemon.stop();
    daemon.start_again();
    client.remove(&daemon.path("x"), false).unwrap();
}
