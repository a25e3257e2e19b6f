//! Logs of services.

use serde_json::Value;

use crate::case::{Case, case};
use crate::daemon::until;
use crate::raw;

/// Records `GET /v1/logs`: its lines as JSON, without their times.
fn logs(case: &mut Case, query: &str) {
    let mut answer = raw::request(&case.socket(), &format!("GET /v1/logs{query}"), "", b"");
    if answer.kind == "application/x-ndjson" {
        let lines = serde_json::Deserializer::from_slice(&answer.body).into_iter::<Value>();
        answer.body = serde_json::to_vec(&lines.map(|line| line.unwrap()).collect::<Vec<_>>()).unwrap();
    }
    case.heard(&format!("GET /v1/logs{query}"), &answer);
}

#[test]
fn lines_are_kept_by_service() {
    case("logs", |case| {
        logs(case, "");
        case.layer("a", "
services:
  a: {override: replace, command: sh -c 'for n in $(seq 40); do echo line $n; done; echo error >&2; printf half; sleep 0.2; echo \" whole\"; sleep 1000'}
  b: {override: replace, command: sh -c 'echo b1; printf \"tab\\there\\r\\n\\nübung\\n\"; sleep 1000'}
  silent: {override: replace, command: sleep 1000}
");
        case.services("start", &["a"]);
        let client = case.client();
        until("a has spoken", || {
            client.logs(&["a"], 1).unwrap().first().filter(|line| line.message.ends_with("whole")).map(drop)
        });
        case.services("start", &["b", "silent"]);
        until("b has spoken", || (client.logs(&["b"], 9).unwrap().len() == 4).then_some(()));
        for query in [
            "",
            "?n=2",
            "?n=0",
            "?n=-1",
            "?n=-2",
            "?n=x",
            "?services=b",
            "?services=a&n=3",
            "?services=a,b&n=6",
            "?services=none",
            "?services=silent",
            "?follow=nonsense",
            "?n=5&follow=false",
        ] {
            logs(case, query);
        }
        case.typed("logs", client.logs(&["a", "b"], 5)).unwrap();
    });
}

#[test]
fn lines_outlive_the_service_and_its_next_start() {
    case("logs-restart", |case| {
        case.layer("a", "services: {a: {override: replace, command: sh -c 'echo hello; sleep 1000'}}");
        case.services("start", &["a"]);
        case.hears("a", "hello");
        case.services("stop", &["a"]);
        logs(case, "");
        case.services("start", &["a"]);
        let client = case.client();
        until("a has spoken", || (client.logs(&["a"], 9).unwrap().len() == 2).then_some(()));
        logs(case, "");
    });
}
