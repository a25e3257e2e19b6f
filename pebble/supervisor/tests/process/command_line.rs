//! The command line: verbs of the client, `enter`, and exit codes.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::daemon::{Daemon, Ran, folder};

const LAYER: &str = "
services:
  web: {override: replace, command: sleep 1000, startup: enabled}
  once: {override: replace, command: sh -c 'exit 3'}
checks:
  up: {override: replace, startup: disabled, exec: {command: 'true'}}
";

#[test]
fn services_are_started_and_listed() {
    let daemon = Daemon::start(LAYER, &["--hold"]);
    let verb = |words: &[&str]| daemon.client_verb(words);
    assert_eq!(verb(&["start", "web"]).code, Some(0));
    let listed = verb(&["services"]).stdout;
    assert_eq!(listed.lines().next(), Some("Service  Startup   Current   Since"));
    assert!(listed.contains("web      enabled   active    today at "), "{listed}");
    let failed = verb(&["start", "once"]);
    assert_eq!(failed.code, Some(1));
    assert!(
        failed.stderr.starts_with("error: cannot perform the following tasks:\n- Start service \"once\""),
        "{failed:?}"
    );
    assert_eq!(verb(&["stop", "--no-wait", "web"]).stdout, "3\n");
    assert!(verb(&["tasks", "2"]).stdout.contains("exited quickly with code 3"));
    assert_eq!(verb(&["services", "nope"]).stderr, "No matching services.\n");
    assert_eq!(verb(&["nope"]).stderr, "error: unknown command \"nope\", see 'pebble help'\n");
}

#[test]
fn a_commands_output_and_exit_code_come_through() {
    let daemon = Daemon::start("", &[]);
    for _ in 0..20 {
        let ran = daemon.client_verb(&["exec", "--", "sh", "-c", "echo out; echo err >&2; exit 5"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(5), "out\n", "err\n"));
    }
    let ran = daemon.client_verb(&["exec", "--env", "A=1", "-w", "/tmp", "sh", "-c", "echo $A; pwd"]);
    assert_eq!(ran.stdout, "1\n/tmp\n");
    let failed = daemon.client_verb(&["exec", "no-such-program"]);
    assert_eq!((failed.code, failed.stderr.as_str()), (Some(1), "error: cannot find executable \"no-such-program\"\n"));
}

#[test]
fn a_command_can_have_a_terminal() {
    let daemon = Daemon::start("", &[]);
    let script = "test -t 0 && test -t 1 && stty size";
    let ran = daemon.client_verb(&["exec", "-t", "-i", "--", "sh", "-c", script]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "25 80\r\n"), "{ran:?}");
    let ran = daemon.client_verb(&[
        "exec",
        "-t",
        "-I",
        "--",
        "sh",
        "-c",
        "test -t 0 || echo pipe; test -t 1 && echo terminal",
    ]);
    assert_eq!(ran.stdout, "pipe\r\nterminal\r\n");
}

#[test]
fn files_travel_both_ways() {
    let daemon = Daemon::start("", &[]);
    let path = |name: &str| daemon.folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("local"), "text").unwrap();
    let verb = |words: &[&str]| daemon.client_verb(words);
    assert_eq!(verb(&["push", "-p", &path("local"), &path("a/b/remote")]).code, Some(0));
    assert_eq!(verb(&["pull", &path("a/b/remote"), &path("back")]).code, Some(0));
    assert_eq!(fs::read_to_string(path("back")).unwrap(), "text");
    assert_eq!(verb(&["ls", &path("a")]).stdout, "b\n");
    assert_eq!(verb(&["mkdir", "-m", "700", &path("made")]).code, Some(0));
    assert_eq!(verb(&["rm", "-r", &path("a")]).code, Some(0));
    assert!(!daemon.folder.path().join("a").exists());
    assert!(verb(&["rm", &path("a")]).stderr.starts_with("error: remove "));
}

/// Runs `pebble enter` in a folder with [`LAYER`].
fn enter(folder: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pebble"));
    let output = command.arg("enter").args(words).env("PEBBLE", folder).env_remove("PEBBLE_SOCKET").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn enter_runs_a_verb_in_a_daemon_of_its_own() {
    let folder = folder(LAYER);
    let ran = enter(folder.path(), &["exec", "sh", "-c", "echo hi; exit 7"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(7), "hi\n"));
    assert!(enter(folder.path(), &["plan"]).stdout.starts_with("services:\n"));
    assert_eq!(enter(folder.path(), &["logs"]).code, Some(1));
}

#[test]
fn the_daemon_of_enter_is_silent_under_verbs_that_print() {
    let folder = folder(LAYER);
    for words in [&["exec", "true"][..], &["ls", "/"], &["plan"], &["services"], &["version"]] {
        let ran = enter(folder.path(), words);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{words:?}");
    }
    let ran = enter(folder.path(), &["-v", "plan"]);
    assert!(ran.code == Some(0) && ran.stderr.contains(" [pebble] Started daemon.\n"), "{ran:?}");
    // A verb's end is no reason to be logged.
    assert!(!ran.stderr.contains("Server exiting!"), "{ran:?}");
    let ran = enter(folder.path(), &["start", "nope"]);
    assert!(ran.code == Some(1) && ran.stderr.contains(" [pebble] Started daemon.\n"), "{ran:?}");
}

#[test]
fn a_verb_of_enter_waits_for_the_default_services() {
    let folder = folder(LAYER);
    // The service is active a second after its start: a verb that came too early would see it inactive.
    let ran = enter(folder.path(), &["--run", "exec", env!("CARGO_BIN_EXE_pebble"), "services", "web"]);
    assert!(ran.code == Some(0) && ran.stdout.contains("web      enabled  active"), "{ran:?}");
    let ran = enter(folder.path(), &["exec", env!("CARGO_BIN_EXE_pebble"), "services", "web"]);
    assert!(ran.code == Some(0) && ran.stdout.contains("web      enabled  inactive"), "{ran:?}");
}
