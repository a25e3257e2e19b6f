//! The model from `up` to `down`, and its other ends.

use std::fs;
use std::net::TcpListener;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Desk, code, names, page, wait_until};

fn sample() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/flask").to_owned()
}

fn whole_story(desk: &Desk) {
    let project = desk.sample().join("rock/flask");
    let up = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(0), "{up:?}");
    let url = desk.url();
    assert!(up.out.contains(&format!("flask-k8s is up at {url}")), "{up:?}");
    assert_eq!(page(&url), "Hello from Flask!\n");

    desk.ok(&["config", "flask-k8s", "greeting=Good morning", "page-size=7"]);
    assert_eq!(page(&url), "Good morning\n");
    assert!(page(&format!("{url}/env")).contains(r#""FLASK_PAGE_SIZE":"7""#));
    assert_eq!(desk.ok(&["config", "flask-k8s", "greeting"]), "Good morning\n");
    desk.ok(&["config", "flask-k8s", "--reset", "greeting"]);
    assert_eq!(page(&url), "Hello from Flask!\n");
    assert!(page(&format!("{url}/visits")).contains("1"), "the session is signed, so there is a secret key");

    let status = desk.ok(&["status"]);
    assert!(status.contains("flask-k8s/0*  active    idle") && status.contains("8000/TCP"), "{status}");
    assert!(!desk.ok(&["debug-log"]).is_empty());
    let second = desk.run(&["up", project.to_str().unwrap()]);
    assert!(second.code == Some(1) && second.err.contains("is up already"), "{second:?}");

    let before = desk.processes();
    assert!(before.len() >= 4, "webcharm, keeper, Pebble, gunicorn: {before:?}");
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn an_application_is_configured_and_leaves_nothing() {
    whole_story(&Desk::new());
}

#[test]
fn an_ordinary_user_can_do_all_of_it() {
    let desk = Desk::of_ordinary_user();
    whole_story(&desk);
}

#[test]
fn ctrl_c_leaves_nothing() {
    let desk = Desk::new();
    let mut up = desk.start(&["up", &sample()]);
    up.wait_for("running until Ctrl-C");
    assert!(up.out().contains("flask-k8s is up at http://127.0.0.1:"), "{}", up.out());
    let before = desk.processes();
    up.signal(Signal::INT);
    assert_eq!(up.end(), Some(0));
    desk.assert_nothing_left(&before);
}

#[test]
fn sigterm_in_the_middle_of_the_start_leaves_nothing() {
    let desk = Desk::new();
    let mut up = desk.start(&["up", &sample()]);
    up.wait_for("hook install");
    let before = desk.processes();
    up.signal(Signal::TERM);
    let err = desk.path().join("err");
    assert_eq!(up.end(), Some(1));
    assert!(fs::read_to_string(err).unwrap().contains("interrupted; nothing is left behind"));
    desk.assert_nothing_left(&before);
}

#[test]
fn even_when_it_is_killed_no_process_is_left_and_the_next_one_starts() {
    let desk = Desk::new();
    let mut up = desk.start(&["up", &sample()]);
    up.wait_for("running until Ctrl-C");
    let before = desk.processes();
    up.signal(Signal::KILL);
    assert_eq!(up.end(), None);
    wait_until("the pod ends with its model", || desk.processes().is_disjoint(&before));
    assert!(desk.run(&["status"]).err.contains("webcharm up"), "nothing runs");
    desk.ok(&["up", &sample(), "--detach"]);
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn a_container_that_dies_is_started_again() {
    let desk = Desk::new();
    desk.ok(&["up", &sample(), "--detach"]);
    let (url, before) = (desk.url(), desk.processes());
    let is_pebble = |pid: &&u32| {
        fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with("/charm/bin/pebble"))
    };
    let pebble = *before.iter().find(is_pebble).unwrap();
    kill_process(Pid::from_raw(pebble.cast_signed()).unwrap(), Signal::KILL).unwrap();
    wait_until("another Pebble runs", || desk.processes().iter().any(|pid| !before.contains(pid) && is_pebble(&pid)));
    wait_until("the application answers", || code(&url) == 200);
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

/// Start of an application that fails later than Pebble watches a start, as npm's and a JVM's do on a busy machine.
const LATE: &str = "import os, signal, sys, time\nif '--check-config' not in sys.argv:\n    time.sleep(1.5)\n    \
    sys.stderr.write('Traceback (most recent call last):\\n  File \"app.py\", line 1\\nKeyError: \"DSN\"\\n')\n    \
    os.kill(os.getppid(), signal.SIGKILL)\n    os._exit(1)\n";

#[test]
fn an_application_that_fails_after_its_first_second_is_a_status_with_the_reason() {
    let desk = Desk::new();
    let project = desk.sample().join("rock/flask");
    let file = project.join("app.py");
    fs::write(&file, format!("{LATE}{}", fs::read_to_string(&file).unwrap())).unwrap();
    let up = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
    let reason = "flask keeps exiting: KeyError: \"DSN\"; see its log";
    assert!(up.code == Some(1) && up.out.contains(reason), "{up:?}");
    let status = desk.ok(&["status"]);
    assert!(status.contains("flask-k8s/0*  blocked") && status.contains(reason), "{status}");
    desk.ok(&["down"]);
}

#[test]
fn a_blocked_charm_is_left_up_with_the_reason_on_the_screen() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let workers = "    webserver-workers:\n      type: int\n";
    assert!(text.contains(workers));
    fs::write(&file, text.replace(workers, &format!("{workers}      default: -1\n"))).unwrap();
    let up = desk.run(&["up", project.to_str().unwrap(), "--detach"]);
    assert_eq!(up.code, Some(1), "{up:?}");
    assert!(up.out.contains("blocked") && up.out.contains("webserver-workers"), "{up:?}");
    assert!(up.out.contains("stays up"), "{up:?}");
    desk.ok(&["config", "flask-k8s", "webserver-workers=1"]);
    assert_eq!(page(&desk.url()), "Hello from Flask!\n");
    let blocked = desk.ok(&["config", "flask-k8s", "webserver-workers=-2"]);
    assert!(blocked.contains("blocked"), "a setting the charm refuses shows the status: {blocked}");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn an_interrupted_installation_leaves_no_half_cache() {
    let desk = Desk::new().with_fresh_cache();
    // An index that accepts connections and never answers, so that the installation hangs.
    let index = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/simple", index.local_addr().unwrap());
    let project = desk.sample();
    fs::write(project.join("rock/flask/requirements.txt"), "no-such-package-of-this-test\n").unwrap();
    let mut command = desk.command(&["up", project.to_str().unwrap()]);
    command.env("PIP_INDEX_URL", address).env_remove("PIP_FIND_LINKS").env("PIP_CONFIG_FILE", "/dev/null");
    let err = desk.path().join("err");
    let mut child = command.stderr(fs::File::create(&err).unwrap()).spawn().unwrap();
    index.accept().unwrap();
    let before = desk.processes();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(fs::read_to_string(&err).unwrap().contains("interrupted"));
    desk.assert_nothing_left(&before);
    assert_eq!(names(&desk.cache().join("webcharm/dependencies")), [".lock"]);
}

#[test]
fn two_models_do_not_disturb_each_other() {
    let desk = Desk::new();
    desk.ok(&["up", &sample(), "--detach"]);
    desk.ok(&["up", &sample(), "--detach", "--model", "second"]);
    desk.ok(&["config", "flask-k8s", "greeting=Second", "--model", "second"]);
    assert_eq!(page(&desk.url()), "Hello from Flask!\n");
    desk.ok(&["down", "--model", "second"]);
    assert_eq!(page(&desk.url()), "Hello from Flask!\n");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn a_charm_that_hangs_does_not_hold_up_the_end() {
    let desk = Desk::new().with_charm("trap '' TERM; status-set maintenance 'never done'; while :; do sleep 1; done");
    let mut up = desk.start(&["up", &sample()]);
    up.wait_for("starting the pod");
    wait_until("the charm hangs", || desk.run(&["status"]).out.contains("never done"));
    let status = desk.ok(&["status", "--format", "json"]);
    assert!(status.contains("running install hook"), "{status}");
    let before = desk.processes();
    up.signal(Signal::INT);
    assert_eq!(up.end(), Some(1));
    desk.assert_nothing_left(&before);
}

#[test]
fn a_charm_that_fails_is_an_error_with_its_last_words() {
    let desk = Desk::new().with_charm("juju-log -l WARNING 'uh oh'; echo 'cannot go on' >&2; exit 3");
    let up = desk.run(&["up", &sample(), "--detach"]);
    assert_eq!(up.code, Some(1), "{up:?}");
    assert!(up.err.contains("hook install failed: the charm ended with 3"), "{up:?}");
    for words in ["hook failed: \"install\"", "uh oh", "cannot go on", "stays up"] {
        assert!(up.out.contains(words), "{words:?} in {up:?}");
    }
    assert!(desk.ok(&["status"]).contains("error"));
    let log = desk.ok(&["debug-log"]);
    assert!(log.contains("WARNING uh oh") && log.contains("cannot go on"), "{log}");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}
