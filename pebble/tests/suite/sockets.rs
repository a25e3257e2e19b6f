//! Websockets of commands with other clients than ours: clients that drop them, and hostile ones.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::case::held;
use crate::daemon::{Daemon, until};
use crate::go_client::{self, Begun, Ended, begin_script};
use crate::websocket::{BINARY, CLOSE, END, PING, TEXT, Websocket, frame};

fn sh(script: &str) -> Value {
    json!({"command": ["sh", "-c", script], "split-stderr": true})
}

#[test]
fn two_hundred_short_commands_all_end_with_their_own_code() {
    let daemon = Daemon::start(held());
    let mut codes = BTreeMap::new();
    for _ in 0..200 {
        // Closes its output a moment before it ends.
        let ended = go_client::exec(&daemon.socket(), &json!({"command": ["id", "-u"]}), b"").unwrap();
        assert_eq!(ended.stdout, format!("{}\n", rustix::process::getuid().as_raw()).into_bytes());
        *codes.entry(ended.code).or_insert(0) += 1;
    }
    assert_eq!(codes, BTreeMap::from([(0, 200)]));
}

#[test]
fn a_terminals_output_is_sent_to_its_last_byte() {
    let daemon = Daemon::start(held());
    for (length, rounds) in [(10, 200), (200_000, 40)] {
        for round in 0..rounds {
            let script = format!("head -c {length} /dev/zero | tr '\\0' x; exit 3");
            let request = json!({"command": ["sh", "-c", script], "terminal": true, "interactive": round % 2 == 0});
            let ended = go_client::exec(&daemon.socket(), &request, b"").unwrap();
            assert_eq!((ended.code, ended.stdout.len()), (3, length), "round {round}");
        }
    }
}

#[test]
fn a_command_that_closes_its_outputs_is_not_over() {
    let daemon = Daemon::start(held());
    let (closed, go) = (daemon.path("closed"), daemon.path("go"));
    let script = format!("exec >/dev/null 2>&1; touch {closed}; until test -e {go}; do sleep 0.01; done; exit 5");
    std::thread::scope(|scope| {
        let ended = scope.spawn(|| go_client::exec(&daemon.socket(), &sh(&script), b""));
        until("its outputs are closed", || fs::exists(&closed).unwrap().then_some(()));
        // Time for a premature end message to take effect.
        for _ in 0..20 {
            assert_eq!(go_client::exec(&daemon.socket(), &sh("true"), b"").unwrap().code, 0);
        }
        fs::write(&go, "").unwrap();
        assert_eq!(ended.join().unwrap(), Ok(Ended { code: 5, stdout: vec![], stderr: vec![] }));
    });
}

#[test]
fn every_kind_of_command_ends_alike_for_pebbles_own_client() {
    run_every_kind(&Daemon::start(held()));
}

#[test]
#[ignore = "minutes"]
fn every_kind_of_command_ends_alike_two_hundred_times() {
    let daemon = Daemon::start(held());
    (0..200).for_each(|_| run_every_kind(&daemon));
}

fn run_every_kind(daemon: &Daemon) {
    let much: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let input = vec![b'x'; 300_000];
    let check = |request: Value, input: &[u8], code: i64, stdout: &[u8], stderr: &[u8]| {
        let ended = go_client::exec(&daemon.socket(), &request, input).unwrap();
        assert_eq!(ended.code, code, "{request}");
        assert!(ended.stdout == stdout && ended.stderr == stderr, "{request}: its outputs differ");
    };
    check(sh("true"), b"", 0, b"", b"");
    check(sh("exit 7"), b"", 7, b"", b"");
    check(sh("echo out; echo err >&2; exit 1"), b"", 1, b"out\n", b"err\n");
    check(json!({"command": ["sh", "-c", "echo out; echo err >&2"]}), b"", 0, b"out\nerr\n", b"");
    check(sh("kill -9 $$"), b"", 137, b"", b"");
    check(sh("cat"), b"one\ntwo\n", 0, b"one\ntwo\n", b"");
    check(sh("true"), &input, 0, b"", b"");
    check(sh("cat; exit 3"), &much, 3, &much, b"");
    check(sh("exec >&-; exec 2>&-; read line; exit 4"), b"line\n", 4, b"", b"");
    let slow = json!({"command": ["sleep", "1000"], "timeout": "100ms"});
    let error = go_client::exec(&daemon.socket(), &slow, b"").unwrap_err();
    assert!(error.contains("timed out after 100ms: context deadline exceeded"), "{error}");
}

#[test]
fn a_command_starts_once_the_websockets_of_its_outputs_are_connected() {
    let daemon = Daemon::start(held());
    let names = ["control", "stdio", "stderr"];
    std::thread::scope(|scope| {
        for set in 0..8_u32 {
            let daemon = &daemon;
            scope.spawn(move || {
                let begun = go_client::begin(&daemon.socket(), &sh("exit 5")).unwrap();
                let has = |index: usize| set & (1 << index) != 0;
                let chosen = (0..3).filter(|index| has(*index)).map(|index| names[index]);
                let mut sockets: Vec<_> = chosen.map(|name| begun.websocket(&daemon.socket(), name)).collect();
                match begun.code(&daemon.socket()) {
                    Ok(code) => assert!(code == 5 && has(1) && has(2), "{code} with {set:b}"),
                    Err(why) => {
                        let expected = "timeout waiting for websocket connections: context deadline exceeded";
                        assert!(why.contains(expected) && !(has(1) && has(2)), "{why} with {set:b}");
                    }
                }
                sockets.clear();
            });
        }
    });
    // None of them is in the way of another command.
    assert_eq!(go_client::exec(&daemon.socket(), &sh("exit 6"), b"").unwrap().code, 6);
}

/// Treatment of a websocket by the client, once the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    Keep,
    /// Drop it without a close frame.
    Drop,
    /// Send a close frame, and keep the connection.
    Close,
}

/// Exit code of a command that waits until its client has left these websockets in this order.
fn code_after(daemon: &Daemon, order: &[(&str, Leave)]) -> i64 {
    let (up, go) = (daemon.path("up"), daemon.path("go"));
    let script = format!("touch {up}; until test -e {go}; do sleep 0.01; done; exit 5");
    let begun = go_client::begin(&daemon.socket(), &sh(&script)).unwrap();
    let mut sockets: BTreeMap<&str, Websocket> = ["control", "stdio", "stderr"]
        .into_iter()
        .map(|name| (name, begun.websocket(&daemon.socket(), name)))
        .collect();
    until("the command runs", || fs::exists(&up).unwrap().then_some(()));
    for (name, leave) in order {
        match leave {
            Leave::Keep => {}
            Leave::Drop => drop(sockets.remove(name)),
            Leave::Close => sockets.get_mut(name).unwrap().send(CLOSE, &1000_u16.to_be_bytes()).unwrap(),
        }
    }
    // After another request the daemon has seen the earlier events.
    go_client::exec(&daemon.socket(), &sh("true"), b"").unwrap();
    let vanished = order.contains(&("control", Leave::Drop));
    if !vanished {
        fs::write(&go, "").unwrap();
    }
    let code = begun.code(&daemon.socket()).unwrap();
    fs::remove_file(&up).unwrap();
    fs::remove_file(&go).ok();
    code
}

#[test]
fn a_command_is_killed_only_if_its_control_websocket_vanishes() {
    use Leave::{Close, Drop, Keep};
    let daemon = Daemon::start(held());
    for stdio in [Keep, Drop, Close] {
        for stderr in [Keep, Drop, Close] {
            for (control, code) in [(Keep, 5), (Close, 5), (Drop, 137)] {
                let leave = [("stdio", stdio), ("stderr", stderr), ("control", control)];
                assert_eq!(code_after(&daemon, &leave), code, "{leave:?}");
                let reverse = [leave[2], leave[1], leave[0]];
                assert_eq!(code_after(&daemon, &reverse), code, "{reverse:?}");
            }
        }
    }
}

#[test]
fn a_client_that_breaks_the_protocol_on_the_control_websocket_kills_nothing() {
    let daemon = Daemon::start(held());
    let socket = daemon.socket();
    let begun = begin_script(&socket, "read line; exit 5");
    let mut control = begun.websocket(&socket, "control");
    let mut stdio = begun.websocket(&socket, "stdio");
    // Unmasked, with reserved bits.
    control.send_raw(&[0xf1, 0x05, b'h', b'e', b'l', b'l', b'o']).unwrap();
    go_client::exec(&socket, &sh("true"), b"").unwrap();
    stdio.send(BINARY, b"line\n").unwrap();
    assert_eq!(begun.code(&socket), Ok(5));
}

/// A command that echoes its input, with its two websockets.
fn cat(daemon: &Daemon) -> (Begun, Websocket, Websocket) {
    let begun = begin_script(&daemon.socket(), "cat");
    let control = begun.websocket(&daemon.socket(), "control");
    let stdio = begun.websocket(&daemon.socket(), "stdio");
    (begun, control, stdio)
}

#[test]
fn a_frame_of_any_declared_length_ends_its_own_connection_at_most() {
    let daemon = Daemon::start(held());
    let before = memory(&daemon);
    let (_other, _control, mut other) = cat(&daemon);
    for declared in [1 << 27, 1 << 32, 1 << 36, 1 << 47, u64::MAX >> 1, u64::MAX] {
        for kind in [TEXT, BINARY, PING, CLOSE] {
            for name in ["stdio", "control"] {
                let (begun, mut control, mut stdio) = cat(&daemon);
                let hostile = if name == "stdio" { &mut stdio } else { &mut control };
                hostile.send_raw(&frame(kind, declared, b"x")).unwrap();
                if name == "control" {
                    // The end of the control websocket does not end the command.
                    stdio.send(TEXT, END).unwrap();
                }
                drop(stdio);
                assert_eq!(begun.code(&daemon.socket()), Ok(0), "{name} {kind} {declared}");
            }
        }
    }
    other.send(BINARY, b"still here").unwrap();
    assert_eq!(other.next(), Some((BINARY, b"still here".to_vec())));
    assert!(memory(&daemon) < before + (32 << 20), "{} bytes more", memory(&daemon) - before);
}

/// Private memory of the daemon in bytes.
fn memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn pings_whose_answers_are_not_read_cost_no_memory() {
    if crate::case::is_real() {
        return println!("left out: a real Pebble takes a second for each ping whose answer is not read");
    }
    let daemon = Daemon::start(held());
    for name in ["control", "stdio"] {
        let (_begun, mut control, mut stdio) = cat(&daemon);
        stdio.send(BINARY, b"up").unwrap();
        assert_eq!(stdio.next(), Some((BINARY, b"up".to_vec())));
        let before = memory(&daemon);
        let flooded = if name == "stdio" { &mut stdio } else { &mut control };
        let pings = frame(PING, 125, &[b'x'; 125]).repeat(1000);
        // 33 MiB, whose pongs are not read.
        for _ in 0..250 {
            flooded.send_raw(&pings).unwrap();
        }
        assert!(memory(&daemon) < before + (8 << 20), "{name}: {} bytes more", memory(&daemon) - before);
    }
    // The daemon still serves other clients.
    assert_eq!(go_client::exec(&daemon.socket(), &sh("echo x"), b"").unwrap().stdout, b"x\n");
}

#[test]
fn output_comes_whole_between_pings() {
    let daemon = Daemon::start(held());
    let begun = begin_script(&daemon.socket(), "head -c 3000000 /dev/zero; exit 6");
    let _control = begun.websocket(&daemon.socket(), "control");
    let mut stdio = begun.websocket(&daemon.socket(), "stdio");
    let mut pinging = stdio.second();
    let length = std::thread::scope(|scope| {
        scope.spawn(move || while pinging.send(PING, &[0; 125]).is_ok() {});
        let length = stdio.output().len();
        stdio.shut();
        length
    });
    assert_eq!((length, begun.code(&daemon.socket())), (3_000_000, Ok(6)));
}

#[test]
fn unread_output_holds_a_command_up_to_its_limit_or_abort_only() {
    if crate::case::is_real() {
        return println!("left out: a real Pebble waits for a client that doesn't read, without limit");
    }
    let daemon = Daemon::start(held());
    let socket = daemon.socket();
    let over = daemon.path("over");
    let print = json!(["sh", "-c", format!("(head -c 3000000 /dev/zero; touch {over}) & exit 6")]);
    let limited = go_client::begin(&socket, &json!({"command": print, "timeout": "200ms"})).unwrap();
    let _unread = (limited.websocket(&socket, "control"), limited.websocket(&socket, "stdio"));
    let error = limited.code(&socket).unwrap_err();
    assert!(error.contains("timed out after 200ms"), "{error}");
    let endless = go_client::begin(&socket, &json!({"command": print})).unwrap();
    let _unread = (endless.websocket(&socket, "control"), endless.websocket(&socket, "stdio"));
    endless.abort(&socket);
    assert!(matches!(endless.code(&socket), Ok(6 | 137)));
    assert!(!fs::exists(&over).unwrap(), "the output was read after all");
}
