//! Ends of the daemon: by signals, with commands and services running, and by SIGKILL.

use std::time::Duration;

use pebble::types::ChangeSelect;
use rustix::process::Signal;

use crate::daemon::{Daemon, state_of, until};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn ends_well_when_asked_stopping_services_in_order() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let layer = "
services:
  first: {override: replace, command: sleep 1000, startup: enabled}
  second: {override: replace, command: sleep 1000, startup: enabled, requires: [first], after: [first]}
";
        let mut daemon = Daemon::start(layer, &[]);
        until("both run", || daemon.stderr().contains("Started default services").then_some(()));
        daemon.signal(signal);
        assert_eq!(daemon.ended().code(), Some(0));
        let log = daemon.stderr();
        let place = |text: &str| log.find(text).unwrap_or_else(|| panic!("{text} is not in {log}"));
        assert!(place("Stopping all running services.") < place("Service \"second\" stopped"));
        assert!(place("Service \"second\" stopped") < place("Service \"first\" stopped"));
        assert!(!daemon.socket().exists());
    }
}

#[test]
fn the_ends_of_services_are_logged_in_pebbles_words() {
    let layer = "
services:
  web:
    override: replace
    command: sh -c 'sleep 1.1; exit 3'
    startup: enabled
    backoff-delay: 200ms
  last: {override: replace, command: sh -c 'sleep 1.1; exit 4', on-failure: shutdown}
";
    let mut daemon = Daemon::start(layer, &[]);
    let told = |daemon: &Daemon, line: &str| {
        let line = format!(" [pebble] {line}");
        until(&line, || daemon.stderr().lines().any(|told| told.ends_with(&line)).then_some(()));
    };
    told(&daemon, "Started default services with change 1.");
    told(&daemon, r#"Service "web" stopped unexpectedly with code 3"#);
    told(&daemon, r#"Service "web" on-failure action is "restart", waiting ~200ms before restart (backoff 1)"#);
    told(&daemon, r#"Service "web" on-failure action is "restart", waiting ~400ms before restart (backoff 2)"#);
    daemon.client().start(&["last"], SOON).unwrap();
    assert_eq!(daemon.ended().code(), Some(10));
    told(&daemon, r#"Service "last" on-failure action is "shutdown", triggering failure shutdown"#);
    told(&daemon, "Server exiting! Reason: <nil>");
    // One line an entry, each with its time.
    for line in daemon.stderr().lines() {
        assert!(line.as_bytes()[..24].ends_with(b"Z") && line[24..].starts_with(" [pebble] "), "{line}");
    }
}

#[test]
fn commands_end_with_the_daemon() {
    let mut daemon = Daemon::start("", &[]);
    let client = daemon.client();
    let pid = daemon.folder.path().join("pid");
    let script = format!("echo $$ > {}.new; mv {0}.new {0}; exec sleep 1000", pid.display());
    let running = std::thread::spawn(move || client.exec(&pebble::types::ExecOptions::new(["sh", "-c", &script])));
    let pid: i32 = until("the command runs", || std::fs::read_to_string(&pid).ok()?.trim().parse().ok());
    assert_eq!(daemon.stop().code(), Some(0));
    until("the command is gone", || state_of(pid).is_none_or(|state| state == 'Z').then_some(()));
    assert!(running.join().unwrap().is_err());
}

#[test]
fn a_service_that_outlives_sigterm_is_killed_at_the_end() {
    let layer = "
services:
  web:
    override: replace
    command: sh -c 'trap \"\" TERM; echo up; while true; do sleep 0.1; done'
    kill-delay: 100ms
    startup: enabled
";
    let mut daemon = Daemon::start(layer, &["--verbose"]);
    until("it is up", || daemon.stdout().contains("[web] up").then_some(()));
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(daemon.stderr().contains("Service \"web\" stopped"));
}

#[test]
fn services_of_a_killed_daemon_are_ended_by_the_next() {
    let layer = "services:\n  web: {override: replace, command: sh -c 'echo $$; sleep 1000 & wait'}\n";
    let mut daemon = Daemon::start(layer, &["--hold"]);
    daemon.client().start(&["web"], SOON).unwrap();
    let pid: i32 = daemon.client().logs(&["web"], 1).unwrap()[0].message.parse().unwrap();
    daemon.signal(Signal::KILL);
    daemon.ended();
    assert!(state_of(pid).is_some(), "it outlives the daemon");
    daemon.start_again(&["--hold"]);
    until("it is gone", || state_of(pid).is_none_or(|state| state == 'Z').then_some(()));
    let told = format!("Killed process {pid}, which the last daemon left behind");
    // The log begins anew with each daemon.
    assert!(daemon.stderr().contains(&told), "{}", daemon.stderr());
}

#[test]
fn changes_outlive_a_death_without_warning() {
    let layer = "services:\n  web: {override: replace, command: sleep 1000}\n";
    let mut daemon = Daemon::start(layer, &["--hold"]);
    let done = daemon.client().start(&["web"], SOON).unwrap();
    let answer = daemon.raw(
        "POST /v1/services HTTP/1.1\r\nContent-Length: 42\r\n\r\n{\"action\":\"restart\",\"services\":[\"web\"]}   ",
    );
    assert!(answer.contains("\"change\":\"2\""), "{answer}");
    daemon.signal(Signal::KILL);
    daemon.ended();
    daemon.start_again(&["--hold"]);
    let changes = daemon.client().changes(ChangeSelect::All, None).unwrap();
    assert_eq!(changes[0], done);
    // The restart is resumed: its stop has no process left, and its start is not repeated.
    let second =
        until("it is over", || Some(daemon.client().change(&"2".into()).unwrap()).filter(|change| change.ready));
    assert_eq!((second.kind.as_str(), second.tasks.len()), ("restart", 2));
}
