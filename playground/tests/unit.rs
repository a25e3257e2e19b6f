//! The verbs about one unit.

use std::fs;

use crate::support::{Desk, page};

const ACTIONS: &str = "
actions:
  rotate-secret-key:
    description: Make another key.
  greet:
    additionalProperties: false
    params:
      name:
        type: string
      loud:
        type: boolean
";

#[test]
fn actions_answer_as_juju_prints_them() {
    let desk = Desk::new();
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + ACTIONS).unwrap();
    desk.ok(&["up", project.to_str().unwrap(), "--detach"]);
    let ran = desk.run(&["run", "flask-k8s/0", "rotate-secret-key"]);
    assert!(ran.code == Some(0) && ran.out.starts_with("status: "), "{ran:?}");
    desk.ok(&["run", "flask-k8s/leader", "rotate-secret-key"]);
    assert_eq!(page(&desk.url()), "Hello from Flask!\n");
    for (args, words) in [
        (&["run", "flask-k8s/0", "nonsense"][..], "greet, rotate-secret-key"),
        (&["run", "flask-k8s/7", "rotate-secret-key"], "there is: flask-k8s/0"),
        (&["run", "flask-k8s/0", "greet", "x=1"], "\"x\" is not declared"),
        (&["run", "flask-k8s/0", "greet", "loud=maybe"], "must be of type boolean"),
        (&["run", "flask-k8s/0", "greet", "loud"], "is not `key=value`"),
    ] {
        let ran = desk.run(args);
        assert!(ran.code == Some(1) && ran.err.contains(words), "{args:?}: {ran:?}");
    }
    desk.ok(&["down"]);
}

#[test]
fn an_action_that_fails_is_a_failure() {
    let desk = Desk::new().with_charm(
        "case $JUJU_DISPATCH_PATH in actions/*) action-log 'so far'; action-set got=\"$(action-get name)\"; \
         action-fail 'no voice';; *) status-set blocked 'nothing else is done here';; esac",
    );
    let project = desk.sample();
    let file = project.join("charmcraft.yaml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + ACTIONS).unwrap();
    let mut up = desk.start(&["up", project.to_str().unwrap()]);
    up.wait_for("running until Ctrl-C");
    let ran = desk.run(&["run", "flask-k8s/0", "greet", "name=Ada", "loud=true"]);
    assert!(ran.code == Some(1) && ran.out == "got: Ada\n", "{ran:?}");
    assert!(ran.err.contains("so far") && ran.err.contains("failed: no voice"), "{ran:?}");
    up.signal(rustix::process::Signal::INT);
    up.end();
}

#[test]
fn commands_run_in_the_container_and_logs_come_out_of_it() {
    let desk = Desk::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../rock/flask");
    desk.ok(&["up", sample, "--detach"]);
    assert_eq!(desk.ok(&["exec", "--unit", "flask-k8s/0", "--", "cat", "/etc/hostname"]), "flask-k8s-0\n");
    let failed = desk.run(&["exec", "--", "sh", "-c", "echo oh >&2; exit 7"]);
    assert!(failed.code == Some(7) && failed.err == "oh\n", "{failed:?}");
    let none = desk.run(&["exec", "--", "no-such-command"]);
    assert!(none.code == Some(1) && none.err.contains("no-such-command"), "{none:?}");
    let late = desk.run(&["exec", "--timeout", "100ms", "--", "sleep", "60"]);
    assert!(late.code == Some(1) && late.err.contains("within 100ms"), "{late:?}");
    let logs = desk.ok(&["logs", "flask-k8s/0", "--lines", "500"]);
    assert!(logs.contains("[flask] ") && logs.contains("Listening at"), "{logs}");
    assert!(desk.run(&["logs", "flask-k8s/3"]).err.contains("there is: flask-k8s/0"));

    let followers = [
        (["debug-log", "--follow"].as_slice(), "Write /flask/gunicorn.conf.py"),
        (&["logs", "--follow", "--lines", "500"], "Booting worker"),
        (&["status", "--watch", "100ms"], "flask-k8s/0*  active"),
    ]
    .map(|(args, words)| {
        let out = desk.path().join(format!("{}.out", args[0]));
        let child = desk.command(args).stdout(fs::File::create(&out).unwrap()).spawn().unwrap();
        (child, out, words)
    });
    let count = |words: &str, out: &std::path::Path| fs::read_to_string(out).unwrap().matches(words).count();
    for (_, out, words) in &followers {
        crate::support::wait_until("the beginning is there", || count(words, out) > 0);
    }
    let before: Vec<_> = followers.iter().map(|(_, out, words)| count(words, out)).collect();
    desk.ok(&["config", "flask-k8s", "webserver-threads=2"]);
    for ((_, out, words), before) in followers.iter().zip(before) {
        crate::support::wait_until(words, || count(words, out) > before);
    }
    desk.ok(&["down"]);
    for (mut child, ..) in followers {
        assert_eq!(child.wait().unwrap().code(), Some(1), "verbs that follow end with the model");
    }
}
