//! Output of the daemon; readers that stop reading do not block it.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use crate::daemon::{Daemon, command, folder, until};

const CHATTY: &str = "
services:
  web:
    override: replace
    command: sh -c 'while true; do echo 0123456789012345678901234567890123456789012345678901234567890123456789; done'
  once:
    override: replace
    command: sh -c 'echo out; echo err >&2; exec sleep 1000'
";

#[test]
fn requests_are_logged_as_measuring_tools_read_them() {
    let daemon = Daemon::start(CHATTY, &["--hold"]);
    for path in ["/v1/services", "/v1/system-info", "/v1/changes/9", "/v1/changes/9/wait", "/v1/logs?n=1"] {
        daemon.raw(&format!("GET {path} HTTP/1.1"));
    }
    let log = until("the last is logged", || Some(daemon.stderr()).filter(|log| log.contains("/v1/logs")));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let lines: Vec<Vec<String>> = log.lines().filter(|line| line.contains(" GET ")).map(words).collect();
    let asked: Vec<_> = lines.iter().map(|line| (line[3].as_str(), line[5].as_str())).collect();
    assert_eq!(asked, [("/v1/services", "200"), ("/v1/changes/9/wait", "404"), ("/v1/logs?n=1", "200")]);
    for line in lines {
        assert_eq!((line[1].as_str(), line[2].as_str(), line[6].as_str()), ("[pebble]", "GET", "(http+unix)"));
        assert!(line[0].len() == 24 && line[0].ends_with('Z'), "{line:?}");
        assert!(line[4].ends_with("µs") || line[4].ends_with("ms") || line[4].ends_with('s'), "{line:?}");
    }
}

/// Starts the service that prints two lines, and waits for them.
fn start_once(daemon: &Daemon) {
    daemon.client().start(&["once"], Duration::from_secs(60)).unwrap();
    until("it has printed", || (daemon.client().logs(&["once"], 9).unwrap().len() == 2).then_some(()));
}

#[test]
fn services_are_heard_only_if_asked_for() {
    for (arguments, heard) in [(&["--hold"][..], false), (&["--hold", "--verbose"][..], true)] {
        let daemon = Daemon::start(CHATTY, arguments);
        start_once(&daemon);
        if heard {
            until("it is printed", || daemon.stdout().contains(" [once] err\n").then_some(()));
        } else {
            assert_eq!(daemon.stdout(), "");
        }
    }
}

#[test]
fn a_stalled_reader_of_its_output_does_not_block_the_daemon() {
    let folder = folder(CHATTY);
    let mut command = command(folder.path(), &["--hold", "--verbose"]);
    // An unread pipe is full soon.
    command.stdout(Stdio::piped());
    let mut daemon = Daemon::spawn(folder, command);
    daemon.client().start(&["web"], Duration::from_secs(60)).unwrap();
    daemon.client().stop(&["web"], Duration::from_secs(60)).unwrap();
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn followers_see_lines_as_they_come() {
    use std::io::Write;
    let daemon = Daemon::start(CHATTY, &["--hold"]);
    start_once(&daemon);
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    stream.write_all(b"GET /v1/logs?follow=true&n=1 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap).filter(|line| line.starts_with('{'));
    assert!(lines.next().unwrap().ends_with(r#""service":"once","message":"err"}"#));
    daemon.client().restart(&["once"], Duration::from_secs(60)).unwrap();
    assert!(lines.next().unwrap().ends_with(r#""message":"out"}"#));
    assert!(lines.next().unwrap().ends_with(r#""message":"err"}"#));
}
