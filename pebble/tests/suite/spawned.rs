//! Commands as handles: streams, signals, a terminal, waits.

use std::io::{BufRead, BufReader, Read, Write};
use std::time::Duration;

use pebble::Error;
use pebble::types::{ExecOptions, Signal, Terminal};

use crate::case::held;
use crate::daemon::{Daemon, until};

const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);

fn sh(script: &str) -> ExecOptions {
    ExecOptions { timeout: Some(MINUTE), working_dir: Some("/".to_owned()), ..ExecOptions::new(["sh", "-c", script]) }
}

#[test]
fn a_command_answers_line_by_line() {
    let client = Daemon::start(held());
    let client = client.client();
    let script = "while read line; do echo \"got $line\"; done; echo over >&2; exit 3";
    let mut process = client.spawn(&sh(script)).unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    for line in ["one", "two", "three"] {
        writeln!(stdin, "{line}").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("got {line}\n"));
        assert_eq!(process.try_wait().unwrap(), None);
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    process.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "over\n");
    assert_eq!(process.wait(MINUTE).unwrap(), 3);
    assert_eq!(process.try_wait().unwrap(), Some(3));
}

#[test]
fn the_input_of_one_thread_is_the_output_of_another() {
    const BYTES: usize = 3 << 20;
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let mut process = client.spawn(&ExecOptions { combine_stderr: true, ..sh("exec cat") }).unwrap();
    assert!(process.stderr.is_none());
    let mut stdin = process.stdin.take().unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let writer = std::thread::spawn(move || {
        let content: Vec<u8> = (0..BYTES).map(|n| u8::try_from(n % 251).unwrap()).collect();
        stdin.write_all(&content).unwrap();
    });
    let mut content = Vec::new();
    stdout.read_to_end(&mut content).unwrap();
    writer.join().unwrap();
    assert_eq!(content.len(), BYTES);
    assert!(content.iter().enumerate().all(|(n, byte)| usize::from(*byte) == n % 251));
    assert_eq!(process.wait(MINUTE).unwrap(), 0);
}

#[test]
fn a_wait_ends_at_its_limit_and_the_command_by_a_signal() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let mut process = client.spawn(&sh("trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done")).unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let late = process.wait(MOMENT).unwrap_err();
    assert_eq!(late.to_string(), "cannot finish sh within 50ms");
    process.signal(Signal::Term).unwrap();
    assert_eq!(process.wait(MINUTE).unwrap(), 9);
    let mut killed = client.spawn(&sh("echo ready; exec sleep 1000")).unwrap();
    let mut ready = [0; 6];
    killed.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    killed.signal(Signal::Kill).unwrap();
    assert_eq!(killed.wait(MINUTE).unwrap(), 137);
}

#[test]
fn the_outputs_and_the_code_come_together() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let mut process = client.spawn(&sh("cat; echo error >&2; exit 4")).unwrap();
    process.stdin.as_mut().unwrap().write_all(b"input").unwrap();
    let output = process.wait_with_output(MINUTE).unwrap();
    assert_eq!((output.exit_code, &output.stdout[..], &output.stderr[..]), (4, &b"input"[..], &b"error\n"[..]));
}

#[test]
fn a_terminal_has_a_size_that_changes() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let script = "stty size; trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.01; done";
    let terminal = Some(Terminal { width: 90, height: 30, interactive: true });
    let mut process = client.spawn(&ExecOptions { terminal, ..sh(script) }).unwrap();
    assert!(process.stderr.is_none());
    let mut lines =
        BufReader::new(process.stdout.take().unwrap()).lines().map(|line| line.unwrap().trim_end().to_owned());
    assert_eq!(lines.next().unwrap(), "30 90");
    assert_eq!(lines.next().unwrap(), "ready");
    process.resize(100, 40).unwrap();
    assert_eq!(lines.next().unwrap(), "40 100");
    assert_eq!(process.wait(MINUTE).unwrap(), 0);
}

#[test]
fn a_command_of_a_dropped_handle_is_killed() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let mut process = client.spawn(&sh("echo $$; while echo; do sleep 0.01; done; exec sleep 1000")).unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let id = process.change_id().clone();
    let folder = format!("/proc/{}", line.trim());
    assert!(std::path::Path::new(&folder).exists());
    drop(process);
    until("the command is killed", || {
        let change = client.change(&id).unwrap();
        (change.ready && !std::path::Path::new(&folder).exists()).then_some(())
    });
}

#[test]
fn what_can_not_start_is_refused_or_ends_the_wait() {
    let daemon = Daemon::start(held());
    let client = daemon.client();
    let refused = client.spawn(&ExecOptions::new(["no-such-program"])).unwrap_err();
    assert!(matches!(refused, Error::Exec { .. }), "{refused:?}");
    let slow = ExecOptions { timeout: Some(Duration::from_secs(1)), ..sh("exec sleep 1000") };
    let killed = client.spawn(&slow).unwrap().wait(MINUTE).unwrap_err();
    assert!(matches!(killed, Error::ExecTimeout { .. }), "{killed:?}");
}
