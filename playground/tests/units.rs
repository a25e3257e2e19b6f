//! Several units: added, related as peers, leading, killed and removed.

use crate::support::{Desk, code, kill, wait_until};

/// The hooks of a unit, in their order, from a verb's output.
fn hooks(told: &str, unit: &str) -> Vec<String> {
    let prefix = format!("{unit}: hook ");
    let hooks = told.lines().filter_map(|line| Some(line.split_once(&prefix)?.1)).filter(|line| line.contains(" ms)"));
    hooks.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

fn whole_story(desk: &Desk) {
    desk.ok(&["up", desk.sample().to_str().unwrap(), "--detach"]);
    let url = desk.url();
    let added = desk.run(&["add-unit", "flask-k8s"]);
    assert!(added.code == Some(0) && added.out.starts_with("added: flask-k8s/1\n"), "{added:?}");
    assert!(added.out.contains("  webcharm remove-unit flask-k8s --num-units 1\n"), "{added:?}");
    let met = ["secret-storage-relation-joined", "secret-storage-relation-changed"];
    assert_eq!(hooks(&added.err, "flask-k8s/0"), met);
    let fresh = hooks(&added.err, "flask-k8s/1");
    assert_eq!(fresh[..3], ["install", "secret-storage-relation-created", "leader-settings-changed"]);
    assert!(fresh.windows(2).any(|two| two == met), "{fresh:?}");
    assert_eq!(fresh.last().unwrap(), "flask-app-pebble-ready");

    let status = desk.ok(&["status"]);
    assert!(status.contains("flask-k8s/0*  active    idle   10.1.1.10"), "{status}");
    assert!(status.contains("flask-k8s/1   active    idle   10.1.1.11"), "{status}");
    for (from, to) in [
        ("flask-k8s/1", "flask-k8s-0.flask-k8s-endpoints.local.svc.cluster.local"),
        ("flask-k8s/0", "flask-k8s-1.flask-k8s-endpoints.local.svc.cluster.local"),
        ("flask-k8s/0", "flask-k8s-0"),
        ("flask-k8s/0", "flask-k8s.local"),
    ] {
        let script = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode(), end='')";
        let address = format!("http://{to}:8000/");
        let answer = desk.ok(&["exec", "--unit", from, "--", "/bin/python3", "-c", script, &address]);
        assert_eq!(answer, "Hello from Flask!\n", "{to} from {from}");
    }

    let removed = desk.run(&["remove-unit", "flask-k8s/0"]);
    assert!(removed.code == Some(0) && removed.out.starts_with("removed: flask-k8s/0\n"), "{removed:?}");
    let farewell = hooks(&removed.err, "flask-k8s/0");
    assert_eq!(farewell[..2], ["secret-storage-relation-departed", "secret-storage-relation-broken"]);
    assert_eq!(farewell[farewell.len() - 2..], ["stop", "remove"]);
    assert_eq!(hooks(&removed.err, "flask-k8s/1"), ["secret-storage-relation-departed", "leader-elected"]);
    assert_eq!(desk.leader().as_deref(), Some("flask-k8s/1"));
    wait_until("the application's address leads to the other unit", || code(&url) == 200);
    assert!(!desk.ok(&["exec", "--", "cat", "/etc/hosts"]).contains("flask-k8s-0"));
    assert_eq!(desk.pebbles().len(), 1, "the pod went with its unit");

    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn units_meet_and_part_in_jujus_order() {
    whole_story(&Desk::new());
}

#[test]
fn an_ordinary_user_s_units_meet_and_part() {
    whole_story(&Desk::of_ordinary_user());
}

#[test]
fn a_leader_whose_pod_is_killed_hands_over_and_comes_back() {
    let desk = Desk::new();
    let mut up = desk.start(&["up", desk.sample().to_str().unwrap()]);
    up.wait_for("running until Ctrl-C");
    desk.ok(&["add-unit", "flask-k8s"]);
    assert_eq!(desk.leader().as_deref(), Some("flask-k8s/0"));
    desk.kill_pod("flask-k8s/0");
    wait_until("another one leads", || desk.leader().as_deref() == Some("flask-k8s/1"));
    up.wait_for("flask-k8s/1 leads now");
    up.wait_for("flask-k8s/1: hook leader-elected");
    let again = ["upgrade-charm", "config-changed", "start", "flask-app-pebble-ready"];
    wait_until("the one that was killed begins again", || {
        hooks(&up.err(), "flask-k8s/0").ends_with(&again.map(str::to_owned))
    });
    wait_until("both serve", || desk.ok(&["status"]).matches("active    idle").count() == 2);

    // Pods don't work without their network, so both are replaced.
    let pods = desk.pebbles();
    kill(desk.process("network-keeper"));
    wait_until("there are other pods", || {
        let now = desk.pebbles();
        now.len() == 2 && now.values().all(|pid| !pods.values().any(|old| old == pid))
    });
    wait_until("the application answers", || code(&desk.url()) == 200);
    up.signal(rustix::process::Signal::INT);
    assert_eq!(up.end(), Some(0));
    desk.assert_nothing_left(&std::collections::BTreeSet::new());
}

#[test]
fn units_are_counted_and_wrong_ones_refused() {
    let desk = Desk::new().with_charm("status-set blocked 'nothing is served here'");
    assert_eq!(desk.run(&["up", desk.sample().to_str().unwrap(), "--detach"]).code, Some(1));
    desk.ok(&["add-unit", "flask-k8s", "-n", "2"]);
    for (args, words) in [
        (&["add-unit", "shop"][..], "no application \"shop\"; there is: flask-k8s"),
        (&["add-unit", "redis"], "redis does not run: `webcharm integrate redis` starts it"),
        (
            &["add-unit", "mysql"],
            "mysql-k8s always has one unit in the playground; several can have: postgresql, redis",
        ),
        (&["remove-unit", "loki", "--num-units", "1"], "loki does not run: `webcharm integrate loki` starts it"),
        (&["add-unit", "flask-k8s", "-n", "0"], "0 is not in"),
        (&["remove-unit", "flask-k8s"], "webcharm remove-unit flask-k8s --num-units 1"),
        (&["remove-unit", "flask-k8s/9"], "there is: flask-k8s/0, flask-k8s/1, flask-k8s/2"),
        (&["remove-unit", "flask-k8s", "--num-units", "4"], "has 3 units"),
        (&["remove-unit", "flask-k8s/0", "--num-units", "1"], "name units, or one application"),
        (&["exec", "--unit", "flask-k8s/7", "--", "true"], "there is: flask-k8s/0"),
    ] {
        let ran = desk.run(args);
        assert!(ran.code != Some(0) && ran.err.contains(words), "{args:?}: {ran:?}");
    }
    let removed = desk.ok(&["remove-unit", "flask-k8s", "--num-units", "2"]);
    assert!(removed.contains("\nremoved: flask-k8s/2, flask-k8s/1\n"), "{removed}");
    desk.ok(&["remove-unit", "flask-k8s/0"]);
    let status = desk.ok(&["status"]);
    assert!(status.contains("webcharm add-unit flask-k8s"), "{status}");
    desk.ok(&["add-unit", "flask-k8s"]);
    assert_eq!(desk.leader().as_deref(), Some("flask-k8s/3"), "numbers are never used twice");
    let before = desk.processes();
    desk.ok(&["down"]);
    desk.assert_nothing_left(&before);
}

#[test]
fn update_status_comes_by_itself_and_notices_reach_the_charm() {
    let script = "case $JUJU_DISPATCH_PATH in *custom-notice) juju-log \"noticed $JUJU_NOTICE_KEY\";; esac; status-set blocked 'no app'";
    let desk = Desk::new().with_charm(script);
    let mut up = desk.start(&["up", desk.sample().to_str().unwrap(), "--update-status-hook-interval", "300ms"]);
    up.wait_for("hook flask-app-pebble-ready");
    let socket = desk.runtime().join("webcharm/local/containers/flask-k8s-0/flask-app/pebble.socket");
    let notice = pebble::types::Notify { key: "example.com/done".to_owned(), ..Default::default() };
    pebble::blocking::Client::new(socket).notify(&notice).unwrap();
    up.wait_for("running until Ctrl-C");
    up.wait_for("hook flask-app-pebble-custom-notice");
    assert!(desk.ok(&["debug-log"]).contains("noticed example.com/done"));
    wait_until("update-status comes again", || {
        hooks(&up.err(), "flask-k8s/0").iter().filter(|hook| *hook == "update-status").count() > 1
    });
    up.signal(rustix::process::Signal::INT);
    up.end();
}

#[test]
fn one_unit_s_failed_hook_does_not_hold_up_the_other() {
    let desk = Desk::new().with_charm(
        "test \"$JUJU_UNIT_NAME:$JUJU_DISPATCH_PATH\" != flask-k8s/1:hooks/config-changed || exit 3; status-set blocked 'no app'",
    );
    assert_eq!(desk.run(&["up", desk.sample().to_str().unwrap(), "--detach"]).code, Some(1));
    let added = desk.ok(&["add-unit", "flask-k8s", "-n", "2"]);
    assert!(added.contains("hook failed: \"config-changed\""), "the status is shown: {added}");
    let status = desk.ok(&["status"]);
    assert!(status.contains("flask-k8s/1   error") && status.contains("flask-k8s/2   blocked"), "{status}");
    desk.ok(&["down"]);
}
