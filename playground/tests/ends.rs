//! Ends of waits: for a stopped process, for a killed caller's build, for a file without a writer.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Desk, kill, wait_until};

/// A charm whose hooks end at once.
const BLOCKED: &str = "status-set blocked 'nothing is served here'";

fn stop(pid: u32) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::STOP).unwrap();
    let is_stopped =
        || fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().rsplit_once(") ").unwrap().1.starts_with('T');
    wait_until("it is stopped", is_stopped);
}

#[test]
fn a_stopped_model_is_found_out_by_every_verb_and_ended_by_force() {
    let desk = Desk::new().with_charm(BLOCKED);
    assert_eq!(desk.run(&["up", desk.sample().to_str().unwrap(), "--detach"]).code, Some(1));
    let (model, before) = (desk.process("up --detached"), desk.processes());
    stop(model);
    for args in [
        &["status"][..],
        &["down"],
        &["debug-log", "--follow"],
        &["config", "flask-k8s"],
        &["add-unit", "flask-k8s"],
        &["logs"],
        &["exec", "--", "true"],
    ] {
        let ran = desk.run(args);
        assert_eq!(ran.code, Some(1), "{args:?}: {ran:?}");
        let words = format!("the process of the model local, {model}, is stopped: `kill -CONT {model}` lets it go on");
        assert!(ran.err.contains(&words) && ran.err.contains("`webcharm down --force` ends it"), "{args:?}: {ran:?}");
    }
    assert!(desk.ok(&["down", "--force"]).contains("local is down: its process was killed"));
    desk.assert_nothing_left(&before);
}

#[test]
fn down_by_force_ends_stopped_keepers_and_pods_too_and_a_model_that_runs() {
    let desk = Desk::new().with_charm(BLOCKED);
    for victims in [["pod-keeper", "pebble run"].as_slice(), &[]] {
        assert_eq!(desk.run(&["up", desk.sample().to_str().unwrap(), "--detach"]).code, Some(1));
        let before = desk.processes();
        victims.iter().for_each(|words| stop(desk.process(words)));
        desk.ok(&["down", "--force"]);
        desk.assert_nothing_left(&before);
    }
    let none = desk.run(&["down", "--force"]);
    assert!(none.code == Some(1) && none.err.contains("no model \"local\" is up"), "{none:?}");
}

/// A project whose installation hangs, because its index accepts a connection and never answers.
struct Hanging {
    index: TcpListener,
    project: String,
}

impl Hanging {
    fn new(desk: &Desk) -> Self {
        let project = desk.sample();
        fs::write(project.join("rock/flask/requirements.txt"), "no-such-package-of-this-test\n").unwrap();
        Self { index: TcpListener::bind("127.0.0.1:0").unwrap(), project: project.display().to_string() }
    }

    fn command(&self, desk: &Desk, args: &[&str]) -> Command {
        let address = format!("http://{}/simple", self.index.local_addr().unwrap());
        let mut command = desk.command(&["up", &self.project]);
        command
            .args(args)
            .env("PIP_INDEX_URL", address)
            .env_remove("PIP_FIND_LINKS")
            .env("PIP_CONFIG_FILE", "/dev/null");
        command.stderr(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Starts it, and waits until the installation hangs.
    fn start(&self, desk: &Desk, args: &[&str]) -> (Child, TcpStream) {
        let child = self.command(desk, args).spawn().unwrap();
        (child, self.index.accept().unwrap().0)
    }
}

#[test]
fn a_killed_caller_s_build_ends_by_itself() {
    for args in [&[][..], &["--detach"]] {
        let desk = Desk::new().with_fresh_cache();
        let hanging = Hanging::new(&desk);
        let (mut up, connection) = hanging.start(&desk, args);
        let before = desk.processes();
        assert!(before.contains(&desk.process("-m pip")), "pip is at work: {before:?}");
        kill(up.id());
        up.wait().unwrap();
        wait_until("the build has ended", || desk.processes().is_disjoint(&before));
        drop(connection);
        assert!(desk.run(&["down"]).code.is_some());
        desk.assert_nothing_left(&before);
    }
}

#[test]
fn a_deaf_build_and_what_it_has_abandoned_end_with_the_caller_s_pipe() {
    let script = "trap '' TERM; setsid sleep 1000 & echo $! $$; while :; do sleep 60; done";
    let mut command = Command::new(env!("CARGO_BIN_EXE_webcharm"));
    command.args(["build-keeper", "sh", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pids: Vec<i32> = line.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2, "{line}");
    drop(keeper.stdin.take());
    assert_eq!(keeper.wait().unwrap().code(), Some(128 + 9), "it was killed");
    for pid in pids {
        let gone = || rustix::process::test_kill_process(Pid::from_raw(pid).unwrap()).is_err();
        wait_until("the program and the child that it has abandoned are gone", gone);
    }
}

#[test]
fn a_pipe_is_no_rock_and_no_supervisor() {
    let desk = Desk::new();
    let fifo = desk.path().join("FIFO.rock");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let (fifo, sample) = (fifo.display().to_string(), desk.sample().display().to_string());
    for (args, words) in [
        (["up", &fifo, "--port", "0"], format!("{fifo} is neither a folder nor a regular file")),
        (["up", &sample, "--pebble", &fifo], format!("there is no supervisor {fifo}")),
    ] {
        let ran = desk.run(&args);
        assert!(ran.code == Some(1) && ran.err.contains(&words), "{args:?}: {ran:?}");
    }
    desk.assert_nothing_left(&BTreeSet::new());
}

#[test]
fn a_wait_for_the_cache_names_its_holder_and_ends_with_one_ctrl_c() {
    let desk = Desk::new().with_charm(BLOCKED).with_fresh_cache();
    let dependencies = desk.cache().join("webcharm/dependencies");
    fs::create_dir_all(&dependencies).unwrap();
    let lock = fs::File::create(dependencies.join(".lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let own = std::process::id();
    fs::write(dependencies.join(".lock"), own.to_string()).unwrap();
    let told = format!("waiting: process {own} builds or prunes in {}; Ctrl-C ends the wait", dependencies.display());
    for args in [&["up", desk.sample().to_str().unwrap()][..], &["prune"]] {
        let mut waiting = desk.start(args);
        waiting.wait_for(&told);
        waiting.signal(Signal::INT);
        waiting.wait_for_end("error: interrupted; nothing is left behind");
        desk.assert_nothing_left(&BTreeSet::new());
    }
    drop(lock);
    assert!(desk.ok(&["prune"]).contains("freed 0 B"));
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_a_pod_that_is_stopped() {
    let desk = Desk::new().with_charm(BLOCKED);
    let mut up = desk.start(&["up", desk.sample().to_str().unwrap()]);
    up.wait_for("running until Ctrl-C");
    let before = desk.processes();
    stop(desk.process("pod-keeper"));
    up.signal(Signal::INT);
    up.wait_for("Ctrl-C once more stops at once");
    up.signal(Signal::INT);
    up.wait_for_end("error: interrupted twice; `webcharm down` clears up what may be left");
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
