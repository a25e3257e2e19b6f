//! Health checks: their effects on health, services and the daemon's end.

use pebble::types::{ChangeSelect, HealthLevel};

use crate::daemon::{Daemon, until};

/// A check that is up while the file `ok` is in the daemon's folder.
const LAYER: &str = "
services:
  web:
    override: replace
    command: sh -c 'echo began; exec sleep 1000'
    startup: enabled
    on-check-failure: {up: restart}
checks:
  up:
    override: replace
    level: ready
    startup: disabled
    period: 2s
    threshold: 2
    exec: {command: 'sh -c \"test -e $PEBBLE/ok || { echo why; false; }\"'}
";

fn is_healthy(daemon: &Daemon) -> bool {
    daemon.client().health(HealthLevel::Ready, &[]).unwrap()
}

#[test]
fn a_check_goes_down_restarts_its_service_and_recovers() {
    let daemon = Daemon::start(LAYER, &[]);
    until("the service runs", || daemon.stderr().contains("Started default services").then_some(()));
    assert_eq!(daemon.client_verb(&["start-checks", "up"]).stdout, "Checks started: up\n");
    until("the check is down", || (!is_healthy(&daemon)).then_some(()));
    until("the service was restarted", || (daemon.client().logs(&["web"], 9).unwrap().len() == 2).then_some(()));
    std::fs::write(daemon.folder.path().join("ok"), "").unwrap();
    until("the check is up", || is_healthy(&daemon).then_some(()));
    let changes = daemon.client().changes(ChangeSelect::All, None).unwrap();
    let failed = changes.iter().find(|change| change.kind == "perform-check" && change.ready).unwrap();
    assert!(failed.err.as_deref().unwrap().contains("exit status 1; why"), "{failed:?}");
    assert!(changes.iter().any(|change| change.kind == "recover-check"));
    let log = daemon.stderr();
    for line in [
        r#"Check "up" failure 1/2: exit status 1"#,
        r#"Check "up" threshold 2 hit, triggering action and recovering"#,
        r#"Service "web" on-check-failure action is "restart", terminating process before restarting"#,
        r#"Service "web" exited after check failure, restarting"#,
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
}

#[test]
fn a_failed_check_can_end_the_daemon_with_its_own_exit_code() {
    let layer = LAYER.replace("{up: restart}", "{up: shutdown}");
    let mut daemon = Daemon::start(&layer, &[]);
    until("the service runs", || daemon.stderr().contains("Started default services").then_some(()));
    daemon.client_verb(&["start-checks", "up"]);
    assert_eq!(daemon.ended().code(), Some(11), "{}", daemon.stderr());
}

#[test]
fn health_is_asked_by_level() {
    let check = |name: &str, level: &str| {
        let rest = "override: replace, startup: disabled, period: 100ms, threshold: 1, exec: {command: 'false'}";
        format!("  {name}: {{level: {level}, {rest}}}\n")
    };
    let layer = format!("checks:\n{}{}", check("serving", "ready"), check("living", "alive"));
    let daemon = Daemon::start(&layer, &[]);
    let health = |query: &str| {
        let answer = daemon.raw(&format!("GET /v1/health{query} HTTP/1.1"));
        let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!((&body["type"], &body["status-code"]), (&"sync".into(), &status.into()), "{answer}");
        (status, body["result"]["healthy"].as_bool().unwrap())
    };
    let (up, down) = ((200, true), (502, false));
    let levels = || ["", "?level=alive", "?level=ready", "?names=serving", "?names=living"].map(health);
    assert_eq!(levels(), [up; 5]);
    daemon.client_verb(&["start-checks", "serving"]);
    until("it is down", || (health("?names=serving") == down).then_some(()));
    // A workload that is alive need not be ready.
    assert_eq!(levels(), [down, up, down, down, up]);
    daemon.client_verb(&["start-checks", "living"]);
    until("it is down", || (health("?names=living") == down).then_some(()));
    assert_eq!(levels(), [down; 5]);
}

#[test]
fn a_period_below_zero_ends_neither_daemon_nor_check() {
    let layer = "
checks:
  odd: {override: replace, startup: enabled, period: -1s, threshold: 1, exec: {command: 'sh -c \"echo ran; false\"'}}
  late: {override: replace, startup: enabled, period: 1h, timeout: -1s, exec: {command: 'true'}}
";
    let mut daemon = Daemon::start(layer, &[]);
    // Each is run by its own task.
    let ran = daemon.client_verb(&["check", "--refresh", "odd"]);
    assert!(ran.stdout.contains("error: exit status 1; ran"), "{ran:?}");
    until("the check is down", || daemon.client_verb(&["check", "odd"]).stdout.contains("status: down").then_some(()));
    let ran = daemon.client_verb(&["check", "--refresh", "late"]);
    assert!(ran.stdout.contains("failures: 1") && ran.stdout.contains("error: check timed out after -1s"), "{ran:?}");
    assert_eq!(daemon.child.try_wait().unwrap(), None);
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_threshold_below_zero_is_reached_at_once() {
    let layer = "checks:\n  odd: {override: replace, startup: disabled, threshold: -1, exec: {command: 'false'}}\n";
    let daemon = Daemon::start(layer, &[]);
    daemon.client_verb(&["start-checks", "odd"]);
    daemon.client_verb(&["check", "--refresh", "odd"]);
    until("it is down", || {
        let listed = daemon.client_verb(&["checks"]).stdout;
        (listed.contains(" down ") && listed.contains(" 1/-1 ")).then_some(())
    });
}

#[test]
fn checks_of_ports_and_servers_see_them() {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            let count = stream.read(&mut head).unwrap_or(0);
            let status = if head[..count].starts_with(b"GET /ok") { "200 OK" } else { "503 Busy" };
            // A TCP check sends no request.
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nbusy\n").as_bytes());
        }
    });
    let check = |name: &str, of: &str| format!("  {name}: {{override: replace, startup: disabled, {of}}}\n");
    let layer = format!(
        "checks:\n{}{}{}",
        check("port", &format!("tcp: {{port: {}, host: 127.0.0.1}}", address.port())),
        check("good", &format!("http: {{url: 'http://{address}/ok'}}")),
        check("bad", &format!("http: {{url: 'http://{address}/other'}}")),
    );
    let daemon = Daemon::start(&layer, &[]);
    let refresh = |name: &str| daemon.client_verb(&["check", "--refresh", name]);
    for name in ["port", "good"] {
        assert!(!refresh(name).stdout.contains("error:"), "{name}");
    }
    assert!(refresh("bad").stdout.contains("\nerror: non-2xx status code 503; busy\n"), "{:?}", refresh("bad"));
}
