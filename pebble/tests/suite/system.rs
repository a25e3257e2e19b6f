//! The daemon itself: who it is, what it has no ear for, its health.

use std::net::TcpListener;

use pebble::types::HealthLevel;
use serde_json::json;

use crate::case::{case, case_with, held};
use crate::daemon::{Start, until};
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
        case.heard("DELETE /v1/services".to_owned(), &deleted);
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
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut arguments = held().arguments;
    arguments.extend(["--http".to_owned(), free.to_string()]);
    case_with("tcp", Start { arguments, ..Start::default() }, |case| {
        case.get("/v1/system-info");
        for target in [
            "/v1/system-info",
            "/v1/health",
            "/v1/services",
            "/v1/plan?format=yaml",
            "/v1/changes",
            "/v1/files?action=list&path=/",
        ] {
            let answer = until("the port answers", || raw::request_tcp(free, &format!("GET {target}")));
            case.heard(format!("GET {target} over TCP"), &answer);
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
