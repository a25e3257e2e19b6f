//! Orphans: the daemon reaps processes that commands and services leave behind.

use std::fs;
use std::process::Command;
use std::time::Duration;

use pebble::plan::Layer;
use pebble::types::ExecOptions;

use crate::daemon::{Daemon, folder, prefixed, state_of, until};

/// Process id of the parent of a process.
fn parent_of(pid: i32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Has a command leave a process that lives until the file `end` is in the daemon's folder. Returns its id.
fn leave_orphan(daemon: &Daemon) -> i32 {
    let folder = daemon.folder.path().display();
    let script =
        format!("setsid sh -c 'echo $$; exec >/dev/null 2>&1; until test -e {folder}/end; do sleep 0.02; done' &");
    let output = daemon.client().exec(&ExecOptions::new(["sh", "-c", &script])).unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn adopts_and_buries_orphans() {
    let daemon = Daemon::start("", &[]);
    let orphan = leave_orphan(&daemon);
    until("the daemon is the orphan's parent", || (parent_of(orphan) == Some(daemon.child.id())).then_some(()));
    fs::write(daemon.folder.path().join("end"), "").unwrap();
    // Without the daemon the zombie would stay.
    until("the orphan is buried", || state_of(orphan).is_none().then_some(()));
}

#[test]
fn does_so_as_process_one() {
    let unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let allowed =
        Command::new(unshare[0]).args(&unshare[1..]).arg("true").output().is_ok_and(|output| output.status.success());
    if !testkit::needs(allowed, "process namespaces") {
        return;
    }
    let folder = folder("services:\n  web: {override: replace, command: sleep 1000, startup: enabled}\n");
    let words: Vec<&str> = unshare.into_iter().chain([env!("CARGO_BIN_EXE_pebble")]).collect();
    let command = prefixed(&words, folder.path(), &[]);
    let mut daemon = Daemon::spawn(folder, command);
    let run = |script: &str| {
        let output = daemon.client().exec(&ExecOptions::new(["sh", "-c", script])).unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("cat /proc/1/comm").starts_with("pebble"));
    run("for i in 1 2 3 4 5; do setsid sleep 0.1 >/dev/null 2>&1 & done");
    until("no zombie is left", || (!run("cat /proc/[0-9]*/stat").contains(") Z ")).then_some(()));
    // As process 1 the daemon has a boot id of its own, not the machine's.
    let machine = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert_ne!(daemon.client().system_info().unwrap().boot_id, machine.trim());
    // `unshare` doesn't forward signals, but the daemon dies with it.
    daemon.child.kill().unwrap();
}

#[test]
fn a_service_is_over_when_it_is_though_its_output_is_held_open() {
    let daemon = Daemon::start("", &["--hold"]);
    let (folder, end) = (daemon.folder.path().display(), daemon.folder.path().join("end"));
    let layer = format!(
        "
services:
  web:
    override: replace
    command: sh -c 'setsid sleep 30 & until test -e {folder}/end; do sleep 0.02; done; exit 3'
    on-failure: ignore
    kill-delay: 200ms
"
    );
    daemon.client().add_layer("a", &Layer::parse(layer.as_bytes()).unwrap(), false).unwrap();
    daemon.client().start(&["web"], Duration::from_secs(60)).unwrap();
    fs::write(end, "").unwrap();
    until("it is over", || (!daemon.client().services(&["web"]).unwrap()[0].is_running()).then_some(()));
    until("its code is told", || daemon.stderr().contains("code 3").then_some(()));
}
