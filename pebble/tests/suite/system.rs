//! The daemon itself: information, unknown endpoints, health, start and end.

use pebble::types::HealthLevel;
use serde_json::json;

use crate::case::{case, case_with, held, over};
use crate::daemon::{Start, until};
use crate::journal::log_lines;
use crate::raw;

#[test]
fn system_info() {
    case("system-info", |case| {
        case.get("/v1/system-info");
        let info = case.client().system_info();
        case.typed("system_info", info).unwrap();
    });
}

#[test]
fn unknown_endpoints_and_methods() {
    case("endpoints", |case| {
        for target in ["/", "/v1", "/v1/nonsense", "/v2/services", "/v1/services/web", "/v1/tasks/1"] {
            case.get(target);
        }
        for target in ["/v1/system-info", "/v1/plan", "/v1/health", "/v1/logs"] {
            case.post(target, &json!({}));
        }
        for target in ["/v1/layers", "/v1/exec", "/v1/signals"] {
            case.get(target);
        }
        for target in ["/v1/layers", "/v1/exec", "/v1/signals", "/v1/services", "/v1/notices"] {
            case.post_text(target, "{");
            case.post_text(target, "[]");
            case.post_text(target, "");
        }
        let deleted = raw::request(&case.socket(), "DELETE /v1/services", "", b"");
        case.heard("DELETE /v1/services", &deleted);
    });
}

#[test]
fn health_and_checks_of_a_plan_without_checks() {
    case("health", |case| {
        for query in ["", "?level=alive", "?level=ready", "?level=nonsense", "?names=none", "?level=alive&names=a,b"] {
            case.get(&format!("/v1/health{query}"));
            case.get(&format!("/v1/checks{query}"));
        }
        let client = case.client();
        assert!(case.typed("health", client.health(HealthLevel::Ready, &[])).unwrap());
        assert!(case.typed("checks", client.checks(HealthLevel::Any, &[])).unwrap().is_empty());
    });
}

#[test]
fn over_tcp_only_little_is_open() {
    let (how, free) = over("--http");
    case_with("tcp", how, |case| {
        case.get("/v1/system-info");
        for target in [
            "/v1/system-info",
            "/v1/health",
            "/v1/services",
            "/v1/plan?format=yaml",
            "/v1/changes",
            "/v1/files?action=list&path=/",
        ] {
            let answer = until("the port answers", || raw::request_tcp(free, &format!("GET {target}"), ""));
            case.heard(&format!("GET {target} over TCP"), &answer);
        }
    });
}

#[test]
fn a_daemon_that_is_asked_to_end_ends_well() {
    case("ending", |case| {
        let ended = case.stop();
        case.note("exit code after SIGTERM", ended.code());
        let gone = case.client().system_info().unwrap_err();
        assert!(gone.is_unreachable(), "{gone:?}");
    });
}

#[test]
fn a_talkative_daemon_tells_each_request() {
    let mut arguments = held().arguments;
    arguments.push("--verbose".to_owned());
    case_with("verbose", Start { arguments, ..Start::default() }, |case| {
        case.layer("a", "services: {a: {override: replace, command: sh -c 'echo hello; sleep 1000'}}");
        case.services("start", &["a"]);
        until("its line is printed", || case.printed().contains("hello").then_some(()));
        for target in [
            "/v1/services?names=a",
            "/v1/health",
            "/v1/nonsense",
            "/v1/changes?select=all&for=a%20b",
            "/v1/plan?format=yaml",
            "/v1/checks",
        ] {
            case.get(target);
        }
        case.post("/v1/signals", &json!({"signal": "SIGCONT", "services": ["a"]}));
        case.client().exec(&pebble::types::ExecOptions::new(["true"])).unwrap();
        case.services("stop", &["a"]);
        case.stop();
        let lines: Vec<String> = log_lines(&case.printed()).iter().map(|line| untimed(line)).collect();
        let (mut asked, mut others): (Vec<String>, Vec<String>) =
            lines.into_iter().partition(|line| line.contains("(http"));
        // Some lines are concurrent.
        asked.sort();
        others.sort();
        case.note("requests", asked);
        case.note("others", others);
    });
}

/// A line without its time and durations.
fn untimed(line: &str) -> String {
    let line = line.split_once(' ').map_or(line, |(_, line)| line);
    let is_duration = |word: &str| word.ends_with('s') && word.starts_with(|digit: char| digit.is_ascii_digit());
    line.split(' ').map(|word| if is_duration(word) { "<duration>" } else { word }).collect::<Vec<_>>().join(" ")
}
