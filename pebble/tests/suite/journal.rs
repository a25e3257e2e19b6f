//! The daemon's own log, which `kubectl logs` shows and alerts read: the same lines in the same order.

use std::os::unix::fs::PermissionsExt;

use pebble::types::ServiceStatus;
use rustix::process::Signal;
use serde_json::json;

use crate::case::{Case, UNTIL_RELEASED, at_once, case, case_with, held, over};
use crate::daemon::{Start, until};

/// Lines of the log, without those about a user without a name. In security events the own user's id has a name.
pub(crate) fn log_lines(printed: &str) -> Vec<String> {
    let own = rustix::process::geteuid().as_raw();
    let line = |line: &str| match line.contains("\"type\":\"security\"") {
        true => line.replace(&format!(":{own},"), ":<own>,").replace(&format!(":{own}\""), ":<own>\""),
        false => line.to_owned(),
    };
    printed.lines().filter(|line| !line.contains("Cannot look up user")).map(line).collect()
}

/// Waits until the services have this status.
fn reach(case: &Case, names: &[&str], status: ServiceStatus) {
    let client = case.client();
    until(&format!("{names:?} are {status:?}"), || {
        client.services(names).unwrap().iter().all(|service| service.current == status).then_some(())
    });
}

fn layer(text: &str) -> Start {
    Start { files: vec![("layers/001-first.yaml", text.to_owned())], ..Start::default() }
}

#[test]
fn a_start_and_an_end_are_told() {
    let services = "
services:
  first: {override: replace, command: sleep 1000, startup: enabled}
  second: {override: replace, command: sleep 1000, startup: enabled, requires: [first], after: [first]}
  other: {override: replace, command: sleep 1000}
";
    let signals = [("journal", Signal::TERM), ("journal-interrupt", Signal::INT), ("journal-quit", Signal::QUIT)];
    at_once(signals, |(name, signal)| {
        case_with(name, layer(services), |case| {
            case.told("Started default services");
            case.signal(signal);
            let ended = case.ended();
            case.note("exit code", ended.code());
            case.journal();
            assert!(!case.socket().exists());
            // Each entry is a line that begins with a time of 24 characters.
            for line in case.printed().lines() {
                assert!(line.as_bytes()[..24].ends_with(b"Z") && line[24..].starts_with(" [pebble] "), "{line}");
            }
        });
    });
}

#[test]
fn addresses_are_told() {
    for option in ["--http", "--https"] {
        let (how, address) = over(option);
        case_with(&format!("journal{}", &option[1..]), how, |case| {
            case.hide(&address, "<address>");
            case.stop();
            case.journal();
        });
    }
}

#[test]
fn services_that_can_not_start_are_told() {
    let services = "
services:
  missing: {override: replace, command: /no/such/program, startup: enabled}
  needy: {override: replace, command: sleep 1000, startup: enabled, requires: [missing], after: [missing]}
";
    case_with("journal-failed", layer(services), |case| {
        case.told("Started default services");
        case.stop();
        case.journal();
    });
    case_with("journal-none", layer("summary: none"), |case| {
        case.told("default services");
        case.stop();
        case.journal();
    });
}

#[test]
fn ends_of_services_are_told() {
    let service = |case: &Case, code: &str, more: &str| {
        let script = format!("{UNTIL_RELEASED}; rm released; {code}");
        let service =
            format!("{{override: replace, command: sh -c '{script}', working-dir: {}, {more}}}", case.path(""));
        case.layer("a", &format!("services: {{web: {service}}}"));
    };
    let cases = [
        ("slow", "exit 3", "backoff-delay: 90s, backoff-factor: 1.5", ServiceStatus::Backoff),
        ("signal", "kill -9 $$", "on-failure: ignore", ServiceStatus::Error),
        ("ignored", "exit 4", "on-failure: ignore", ServiceStatus::Error),
        ("fine", "exit 0", "on-success: ignore", ServiceStatus::Inactive),
        ("good", "exit 0", "on-success: restart, backoff-delay: 1h", ServiceStatus::Backoff),
    ];
    at_once(cases, |(name, code, more, status)| {
        case(&format!("journal-{name}"), |case| {
            service(case, code, more);
            case.services("start", &["web"]);
            case.release();
            reach(case, &["web"], status);
            case.services("stop", &["web"]);
            case.post("/v1/signals", &json!({"signal": "SIGCONT", "services": ["web"]}));
            case.journal();
        });
    });
}

#[test]
fn restarts_are_told() {
    case("journal-restarts", |case| {
        let script = format!("{UNTIL_RELEASED}; rm released; exit 3");
        case.layer("a", &format!("services: {{web: {{override: replace, command: sh -c '{script}', working-dir: {}, backoff-delay: 100ms}}}}", case.path("")));
        case.services("start", &["web"]);
        for backoff in 1..=3 {
            case.release();
            case.told(&format!("(backoff {backoff})"));
            reach(case, &["web"], ServiceStatus::Active);
        }
        case.post("/v1/signals", &json!({"signal": "SIGCONT", "services": ["web"]}));
        case.services("stop", &["web"]);
        case.journal();
    });
}

#[test]
fn quick_ends_and_failed_restarts_are_told() {
    case("journal-quick", |case| {
        let program = case.path("program");
        std::fs::write(&program, "#!/bin/sh\nsleep 1.1\nexit 5\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        case.layer("a", &format!(
            "services:\n  quick: {{override: replace, command: sh -c 'exit 3', backoff-delay: 1h}}\n  gone: {{override: replace, command: {program}, backoff-delay: 50ms}}\n"
        ));
        case.services("start", &["quick"]);
        case.services("stop", &["quick"]);
        case.services("start", &["gone"]);
        // The restart finds no program, and is not tried again.
        std::fs::remove_file(&program).unwrap();
        case.told("no such file");
        case.get("/v1/services?names=gone");
        case.journal();
    });
}

#[test]
fn a_service_that_ends_the_daemon_is_told() {
    let cases = [
        ("success", 0, "on-success: shutdown"),
        ("failure", 5, "on-failure: shutdown"),
        ("success-failure", 0, "on-success: failure-shutdown"),
        ("failure-success", 5, "on-failure: success-shutdown"),
    ];
    at_once(cases, |(name, code, action)| {
        case(&format!("services-{name}-shutdown"), |case| {
            let script = format!("{UNTIL_RELEASED}; exit {code}");
            case.layer("a", &format!(
                "services: {{a: {{override: replace, command: sh -c '{script}', working-dir: {}, {action}}}, b: {{override: replace, command: sleep 1000}}}}", case.path("")
            ));
            case.services("start", &["a"]);
            case.services("start", &["b"]);
            case.release();
            let ended = case.ended();
            case.note("exit code", ended.code());
            case.journal();
        });
    });
}

#[test]
fn commands_are_told_when_signals_reach_them() {
    case("journal-exec", |case| {
        let client = case.client();
        let script = "trap 'exit 3' HUP; echo up; while true; do sleep 0.02; done";
        let mut process = client.spawn(&pebble::types::ExecOptions::new(["sh", "-c", script])).unwrap();
        let mut line = [0; 3];
        std::io::Read::read_exact(process.stdout.as_mut().unwrap(), &mut line).unwrap();
        process.signal(pebble::types::Signal::Hup).unwrap();
        let code = process.wait(std::time::Duration::from_secs(60)).unwrap();
        case.note("exit code", code);
        // Without the id of the process.
        let lines = log_lines(&case.printed()).into_iter().filter(|line| !line.contains("(http"));
        let lines = lines.map(|line| line.split_once(" to PID").map_or(line.clone(), |(line, _)| line.to_owned()));
        case.note("log", lines.collect::<Vec<_>>());
    });
}

#[test]
fn security_events_are_told() {
    case("journal-security", |case| {
        let local = |access: &str| json!({"bob": {"access": access, "local": {"user-id": 4242}}});
        for (action, identities) in [
            ("add", local("read")),
            ("update", local("admin")),
            ("replace", local("metrics")),
            ("remove", json!({"bob": null})),
        ] {
            case.post("/v1/identities", &json!({"action": action, "identities": identities}));
        }
        case.layer("a", "checks: {c: {override: replace, startup: disabled, period: 1h, exec: {command: 'true'}}}");
        case.post("/v1/checks", &json!({"action": "stop", "checks": ["c"]}));
        case.client().write_file(&case.path("file"), &b"x"[..], &Default::default()).unwrap();
        case.get(&format!("/v1/files?action=read&path={}", case.path("file")));
        case.post("/v1/exec", &json!({"command": ["true"], "working-dir": "/no/such"}));
        case.journal();
    });
}

#[test]
fn an_ended_daemon_tells_of_a_deaf_service() {
    let deaf = "services: {deaf: {override: replace, command: \"sh -c 'trap : TERM; touch $PEBBLE/up; while :; do sleep 0.05; done'\", kill-delay: 100ms}}";
    case_with("journal-deaf", Start { files: vec![("layers/001-first.yaml", deaf.to_owned())], ..held() }, |case| {
        case.services("start", &["deaf"]);
        until("it is up", || std::path::Path::new(&case.path("up")).exists().then_some(()));
        case.stop();
        case.journal();
    });
}
