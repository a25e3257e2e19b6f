//! Signals to the daemon itself, as process 1 and otherwise.

use std::fs;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::{Daemon, folder, prefixed, until};

const LAYER: &str = "services:\n  web: {override: replace, command: sleep 1000, startup: enabled}\n";

/// A daemon as process 1 of a namespace, with its id outside; `None` with a note where the machine forbids it.
pub(crate) fn first_process(layer: &str) -> Option<(Daemon, Pid)> {
    let unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let is_allowed =
        Command::new(unshare[0]).args(&unshare[1..]).arg("true").output().is_ok_and(|output| output.status.success());
    if !testkit::needs(is_allowed, "process namespaces") {
        return None;
    }
    let folder = folder(layer);
    let words: Vec<&str> = unshare.into_iter().chain([env!("CARGO_BIN_EXE_pebble")]).collect();
    let command = prefixed(&words, folder.path(), &[]);
    let daemon = Daemon::spawn(folder, command);
    let id = daemon.child.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let pid = Pid::from_raw(children.split_whitespace().next().unwrap().parse().unwrap()).unwrap();
    Some((daemon, pid))
}

#[test]
fn some_signals_have_no_effect_on_process_one() {
    let signals = [
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::PIPE,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::VTALARM,
        Signal::PROF,
        Signal::IO,
        Signal::POWER,
        Signal::WINCH,
        Signal::URG,
    ];
    let Some((mut daemon, pid)) = first_process(LAYER) else { return };
    for signal in signals {
        kill_process(pid, signal).unwrap();
        assert!(daemon.client().system_info().is_ok(), "{signal:?}");
    }
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(daemon.ended().code(), Some(0));
}

#[test]
fn a_hangup_ends_the_daemon() {
    use std::os::unix::process::ExitStatusExt;
    let mut daemon = Daemon::start("", &[]);
    daemon.signal(Signal::HUP);
    assert_eq!(daemon.ended().signal(), Some(Signal::HUP.as_raw()));
    let Some((mut daemon, pid)) = first_process(LAYER) else { return };
    kill_process(pid, Signal::HUP).unwrap();
    assert_eq!(daemon.ended().code(), Some(2));
}

#[test]
fn signals_of_services_are_not_touched() {
    let daemon = Daemon::start("", &[]);
    let ran = daemon.client_verb(&["exec", "--", "sh", "-c", "grep -E '^Sig(Ign|Blk)' /proc/self/status"]);
    // The first 31 signals; SIGPIPE is not ignored either, though Rust programs ignore it.
    let masks: Vec<u64> = ran
        .stdout
        .lines()
        .map(|line| u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap() & 0x7fff_ffff)
        .collect();
    assert_eq!(masks, [0, 0], "{}", ran.stdout);
}

#[test]
fn a_service_of_process_one_gets_its_sigterm() {
    let layer = "
services:
  web:
    override: replace
    command: sh -c 'trap \"touch $PEBBLE/told; exit 0\" TERM; touch $PEBBLE/up; while true; do sleep 0.05; done'
    startup: enabled
";
    let Some((mut daemon, pid)) = first_process(layer) else { return };
    let made = |name: &str| daemon.folder.path().join(name).exists();
    until("the service listens", || made("up").then_some(()));
    assert!(!made("told"));
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(daemon.ended().code(), Some(0));
    assert!(daemon.folder.path().join("told").exists());
}

#[test]
fn signals_of_the_client_reach_its_command() {
    use std::process::Stdio;
    let daemon = Daemon::start("", &[]);
    let script = "for s in HUP TERM INT QUIT ABRT TSTP TTIN TTOU USR1 USR2 CONT; do trap \"echo $s\" $s; done; \
                  echo up; while true; do sleep 0.02; done";
    let mut client = Command::new(env!("CARGO_BIN_EXE_pebble"));
    client.args(["exec", "-T", "-I", "--", "sh", "-c", script]).env("PEBBLE", daemon.folder.path());
    client.env_remove("PEBBLE_SOCKET").stdin(Stdio::null()).stderr(Stdio::piped());
    let heard = daemon.folder.path().join("heard");
    let mut client = client.stdout(fs::File::create(&heard).unwrap()).spawn().unwrap();
    let lines = || fs::read_to_string(&heard).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    until("the command listens", || (lines() == ["up"]).then_some(()));
    let signals = [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::QUIT, "QUIT"),
        (Signal::ABORT, "ABRT"),
        (Signal::TSTP, "TSTP"),
        (Signal::TTIN, "TTIN"),
        (Signal::TTOU, "TTOU"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::CONT, "CONT"),
    ];
    for (signal, name) in signals {
        kill_process(Pid::from_child(&client), signal).unwrap();
        until(&format!("the command got {name}"), || lines().last().is_some_and(|last| last == name).then_some(()));
    }
    // A hangup is passed on and ends the client, whatever the command does.
    kill_process(Pid::from_child(&client), Signal::HUP).unwrap();
    let code = until("the client ends", || client.try_wait().unwrap()).code();
    let mut told = String::new();
    std::io::Read::read_to_string(&mut client.stderr.take().unwrap(), &mut told).unwrap();
    assert_eq!((code, told.as_str()), (Some(0), "SIGHUP received, exiting\r\n"));
}

#[test]
fn exit_codes_of_process_one_are_pebbles() {
    let failing = "
services:
  web: {override: replace, command: sh -c 'sleep 1.1; exit 3', startup: enabled, on-failure: shutdown}
";
    let Some((mut daemon, _)) = first_process(failing) else { return };
    assert_eq!(daemon.ended().code(), Some(10));
    let succeeding = failing.replace("exit 3", "exit 0").replace("on-failure", "on-success");
    let Some((mut daemon, _)) = first_process(&succeeding) else { return };
    assert_eq!(daemon.ended().code(), Some(0));
    let checked = "
services:
  web: {override: replace, command: sleep 1000, startup: enabled, on-check-failure: {up: shutdown}}
checks:
  up: {override: replace, startup: disabled, period: 100ms, threshold: 1, exec: {command: 'false'}}
";
    let Some((mut daemon, pid)) = first_process(checked) else { return };
    // A check that fails while the service still starts has no effect.
    until("the service runs", || daemon.stderr().contains("Started default services").then_some(()));
    daemon.client_verb(&["start-checks", "up"]);
    assert_eq!(daemon.ended().code(), Some(11));
    until("its processes are gone", || (!fs::exists(format!("/proc/{}", pid.as_raw_nonzero())).unwrap()).then_some(()));
}
