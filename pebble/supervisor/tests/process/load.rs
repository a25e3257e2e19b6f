//! Load: many services, checks, commands, bytes and readers, with bounds on what they cost. Bounds are of memory and of bytes
//! written, which don't depend on the machine's speed.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pebble::types::{ChangeSelect, ExecOptions, WriteFile};
use serde_json::Value;

use crate::daemon::{Daemon, until};

const LONG: Duration = Duration::from_secs(600);

/// A number of `/proc/PID/FILE`, from the line that begins so.
fn number(daemon: &Daemon, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/{file}", daemon.child.id())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Resident memory in MiB.
fn memory(daemon: &Daemon) -> u64 {
    number(daemon, "status", "VmRSS:") / 1024
}

#[test]
#[ignore = "a minute"]
fn two_hundred_services_and_two_hundred_checks() {
    let mut layer = "services:\n".to_owned();
    for index in 0..200 {
        writeln!(layer, "  s{index}: {{override: replace, command: sleep 1000, startup: enabled}}").unwrap();
    }
    layer += "checks:\n";
    for index in 0..200 {
        writeln!(layer, "  c{index}: {{override: replace, period: 2s, timeout: 1900ms, exec: {{command: 'true'}}}}")
            .unwrap();
    }
    let mut daemon = Daemon::start(&layer, &[]);
    until("all services run", || {
        let services = daemon.client().services(&[]).unwrap();
        (services.len() == 200 && services.iter().all(|service| service.is_running())).then_some(())
    });
    let checks = || {
        let answer = daemon.raw("GET /v1/checks HTTP/1.1");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str::<Value>(&body[body.find('{').unwrap()..=body.rfind('}').unwrap()]).unwrap()["result"]
            .clone()
    };
    until("all checks have run", || {
        let checks = checks();
        let checks = checks.as_array().unwrap();
        (checks.len() == 200 && checks.iter().all(|check| check["successes"].as_u64() > Some(0))).then_some(())
    });
    assert!(checks().as_array().unwrap().iter().all(|check| check["status"] == "up"));
    let used = memory(&daemon);
    assert!(used < 100, "{used} MiB");
    assert!(daemon.stop().success());
}

#[test]
#[ignore = "minutes"]
fn ten_thousand_commands_cost_the_same_each() {
    let daemon = Daemon::start("", &["--hold"]);
    let client = daemon.client();
    let written = || number(&daemon, "io", "wchar:");
    let mut costs = Vec::new();
    for _ in 0..10 {
        let before = written();
        for _ in 0..1000 {
            assert_eq!(client.exec(&ExecOptions::new(["true"])).unwrap().exit_code, 0);
        }
        costs.push((written() - before) / 1000);
    }
    let used = memory(&daemon);
    eprintln!("bytes written for a command, by thousand: {costs:?}; {used} MiB");
    // The state file is written anew each time that its log has become as long, so that this cost is shared out.
    assert!(costs[9] < 3 * costs[1], "{costs:?}");
    assert!(used < 150, "{used} MiB");
}

#[test]
fn fifty_commands_run_side_by_side() {
    let daemon = Daemon::start("", &["--hold"]);
    let go = daemon.folder.path().join("go");
    let script = format!("echo $0; until test -e {}; do sleep 0.05; done; cat; exit 7", go.display());
    std::thread::scope(|scope| {
        let commands: Vec<_> = (0..50)
            .map(|index| {
                let (client, script) = (daemon.client(), &script);
                scope.spawn(move || {
                    let name = index.to_string();
                    let options = ExecOptions {
                        stdin: Some(vec![b'x'; 100_000]),
                        ..ExecOptions::new(["sh", "-c", script.as_str(), name.as_str()])
                    };
                    (name, client.exec(&options).unwrap())
                })
            })
            .collect();
        until("all run", || {
            let changes = daemon.client().changes(ChangeSelect::InProgress, None).unwrap();
            (changes.len() == 50).then_some(())
        });
        fs::write(&go, "").unwrap();
        for command in commands {
            let (name, output) = command.join().unwrap();
            assert_eq!((output.exit_code, output.stdout.len()), (7, name.len() + 1 + 100_000));
        }
    });
}

#[test]
#[ignore = "a gibibyte each way"]
fn a_gibibyte_travels_both_ways() {
    let daemon = Daemon::start("", &["--hold"]);
    let path = daemon.folder.path().join("large").display().to_string();
    let size = 1_u64 << 30;
    let before = memory(&daemon);
    let contents = std::io::repeat(b'x').take(size);
    daemon.client().write_file(&path, contents, &WriteFile::default()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), size);
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    let request = format!("GET /v1/files?action=read&path={path} HTTP/1.0\r\nAccept: multipart/form-data\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let read = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!(read > size && read < size + 2000, "{read}");
    let more = number(&daemon, "status", "VmHWM:") / 1024 - before;
    assert!(more < 32, "{more} MiB more than {before}");
}

#[test]
fn stalled_readers_of_logs_cost_bounded_memory() {
    let layer =
        "services:\n  web: {override: replace, command: sh -c 'exec yes 0123456789012345678901234567890123456789'}\n";
    let daemon = Daemon::start(layer, &["--hold"]);
    daemon.client().start(&["web"], LONG).unwrap();
    let _stalled: Vec<UnixStream> = (0..10)
        .map(|_| {
            let mut stream = UnixStream::connect(daemon.socket()).unwrap();
            stream.write_all(b"GET /v1/logs?follow=true&n=-1 HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            // Its answer has begun.
            assert_eq!(stream.read(&mut [0; 1]).unwrap(), 1);
            stream
        })
        .collect();
    // The service goes on: its output is read, whoever else doesn't.
    let read = number(&daemon, "io", "rchar:");
    until("64 MiB more are read", || (number(&daemon, "io", "rchar:") > read + (64 << 20)).then_some(()));
    let used = memory(&daemon);
    assert!(used < 64, "{used} MiB");
    daemon.client().stop(&["web"], LONG).unwrap();
}
