//! The command line: verbs of the client, `enter`, and exit codes.

use std::fs;
use std::process::Command;

use crate::daemon::{Daemon, command, folder};

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

#[test]
fn a_daemon_that_does_not_run_is_named() {
    let folder = folder("");
    let output =
        Command::new(env!("CARGO_BIN_EXE_pebble")).arg("services").env("PEBBLE", folder.path()).output().unwrap();
    let expected = format!(
        "error: cannot communicate with server: Get \"http://localhost/v1/services?\": dial unix {}: connect: no such file or directory\n",
        folder.path().join(".pebble.socket").display()
    );
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(1), expected));
}

#[test]
fn enter_runs_a_verb_in_a_daemon_of_its_own() {
    let folder = folder(LAYER);
    let enter = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pebble"));
        command.arg("enter").args(words).env("PEBBLE", folder.path()).env_remove("PEBBLE_SOCKET").output().unwrap()
    };
    let ran = enter(&["exec", "sh", "-c", "echo hi; exit 7"]);
    assert_eq!((ran.status.code(), String::from_utf8(ran.stdout).unwrap().as_str()), (Some(7), "hi\n"));
    assert!(String::from_utf8(enter(&["plan"]).stdout).unwrap().starts_with("services:\n"));
    assert_eq!(enter(&["logs"]).status.code(), Some(1));
}

#[test]
fn identities_come_from_a_file() {
    let folder = folder("");
    let file = folder.path().join("identities.yaml");
    fs::write(&file, "identities:\n    bob:\n        access: admin\n        local:\n            user-id: 42\n")
        .unwrap();
    let command = command(folder.path(), &["--identities", file.to_str().unwrap()]);
    let daemon = Daemon::spawn(folder, command);
    assert_eq!(daemon.client_verb(&["identity", "bob"]).stdout, "access: admin\nlocal:\n    user-id: 42\n");
    let listed = daemon.client_verb(&["identities"]).stdout;
    assert_eq!(listed, "Name  Access  Types\nbob   admin   local\n");
}
