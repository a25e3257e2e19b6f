//! Changes: listing, waiting, aborting, and persistence over restarts.

use std::time::Duration;

use pebble::types::{ChangeId, ChangeSelect};
use serde_json::{Value, json};

use crate::case::{Case, UNTIL_RELEASED, case};
use crate::daemon::until;
use crate::raw;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn changes_are_listed_by_state_and_service() {
    case("changes", |case| {
        case.get("/v1/changes");
        case.layer(
            "a",
            "services: {a: {override: replace, command: sleep 1000}, b: {override: replace, command: 'false', backoff-delay: 1h}}",
        );
        let id = case.services("start", &["a"]);
        case.services("start", &["b"]);
        case.services("replan", &[]);
        for query in [
            "",
            "?select=all",
            "?select=ready",
            "?select=in-progress",
            "?select=nonsense",
            "?select=all&for=a",
            "?select=all&for=none",
        ] {
            case.get(&format!("/v1/changes{query}"));
        }
        case.get(&format!("/v1/changes/{id}"));
        case.get("/v1/changes/999");
        case.get("/v1/changes/999/wait");
        case.get(&format!("/v1/changes/{id}/wait?timeout=nonsense"));
        case.post("/v1/changes/999", &json!({"action": "abort"}));
        case.post(&format!("/v1/changes/{id}"), &json!({"action": "abort"}));
        case.post(&format!("/v1/changes/{id}"), &json!({"action": "nonsense"}));
        let client = case.client();
        case.typed("changes", client.changes(ChangeSelect::All, Some("a"))).unwrap();
        assert!(case.typed("change", client.change(&ChangeId::from("999"))).unwrap_err().is_not_found());
    });
}

/// Starts `b`, whose stop waits for its release, and `a`, which is stopped after it.
fn deaf(case: &mut Case) {
    let script = format!("trap '' TERM; echo ready; {UNTIL_RELEASED}");
    case.layer(
        "a",
        &format!(
            r#"
services:
  a: {{override: replace, command: sleep 1000}}
  b: {{override: replace, command: "sh -c \"{script}\"", working-dir: {}, kill-delay: 1h, requires: [a], after: [a]}}
"#,
            case.path("")
        ),
    );
    case.services("start", &["b"]);
    case.hears("b", "ready");
}

#[test]
fn a_wait_ends_when_its_time_is_up() {
    case("changes-wait", |case| {
        deaf(case);
        let begun = case.post("/v1/services", &json!({"action": "stop", "services": ["b"]}));
        let id = ChangeId::from(begun["change"].as_str().unwrap());
        case.get(&format!("/v1/changes/{id}/wait?timeout=20ms"));
        let client = case.client();
        case.typed("wait_change", client.wait_change(&id, Duration::from_millis(20))).unwrap_err();
        case.get("/v1/changes");
        case.release();
        case.wait(id.as_str());
    });
}

#[test]
fn a_change_under_way_can_be_aborted() {
    case("changes-abort", |case| {
        deaf(case);
        let begun = case.post("/v1/services", &json!({"action": "stop", "services": ["a"]}));
        let id = begun["change"].as_str().unwrap().to_owned();
        let answer = raw::request(&case.socket(), &format!("POST /v1/changes/{id}"), "", br#"{"action":"abort"}"#);
        assert_eq!(answer.status, 200);
        case.release();
        case.wait(&id);
        case.get("/v1/services");
    });
}

#[test]
fn an_aborted_start_kills_what_it_started() {
    case("changes-abort-start", |case| {
        case.layer("a", "services: {a: {override: replace, command: sleep 1000}, b: {override: replace, command: sleep 1000, requires: [a], after: [a]}}");
        let post = |case: &Case, target: &str, body: &str| -> Value {
            let kind = "Content-Type: application/json\r\n";
            let answer = raw::request(&case.socket(), &format!("POST {target}"), kind, body.as_bytes());
            serde_json::from_slice(&answer.body).unwrap()
        };
        // A start takes a second: on a busy machine the abort may come too late, and is tried again.
        let aborted = until("an abort comes in time", || {
            let begun = post(case, "/v1/services", r#"{"action":"start","services":["b"]}"#);
            let id = begun["change"].as_str().unwrap().to_owned();
            post(case, &format!("/v1/changes/{id}"), r#"{"action":"abort"}"#);
            let change = case.client().wait_change(&ChangeId::from(id.as_str()), MINUTE);
            let first = change.is_err_and(|error| error.to_string().contains("Start service \"a\""));
            case.client().stop(&["a"], MINUTE).unwrap();
            first.then_some(id)
        });
        case.wait(&aborted);
        case.get("/v1/services");
    });
}

#[test]
fn changes_outlive_the_daemon_and_services_do_not() {
    case("changes-restart", |case| {
        case.layer(
            "a",
            "services: {a: {override: replace, command: sleep 1000}, b: {override: replace, command: 'false', backoff-delay: 1h}}",
        );
        case.services("start", &["a"]);
        case.services("start", &["b"]);
        case.stop();
        case.start_again();
        case.get("/v1/changes?select=all");
        case.get("/v1/services");
        case.get("/v1/plan?format=yaml");
        case.layer("a", "services: {a: {override: replace, command: sleep 1000}}");
        case.services("start", &["a"]);
    });
}

#[test]
fn changes_outlive_a_daemon_that_is_killed() {
    case("changes-killed", |case| {
        case.layer("a", "services: {b: {override: replace, command: 'false', backoff-delay: 1h}}");
        case.services("start", &["b"]);
        case.kill();
        case.start_again();
        case.get("/v1/changes?select=all");
    });
}
