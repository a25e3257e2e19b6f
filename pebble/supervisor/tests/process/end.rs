//! Ends of the daemon by SIGKILL. Others are in the suite of `webcharm-pebble`.

use std::time::Duration;

use pebble::types::ChangeSelect;
use rustix::process::Signal;

use crate::daemon::{Daemon, until};

const SOON: Duration = Duration::from_secs(60);

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
