//! Layers to add: valid ones, and one for each rule that a layer may break.

use serde_json::json;

use super::request::{Request, post};

fn add(label: &str, combine: bool, layer: &str) -> Request {
    post("/v1/layers", &json!({"action": "add", "combine": combine, "label": label, "format": "yaml", "layer": layer}))
}

/// Parts of a service, check or log target, each in a layer of its own.
const SERVICE: [&str; 62] = [
    "",
    "override: replace",
    "override: nope",
    "override: [replace]",
    "command: x",
    "override: replace, command: x",
    "override: replace, command: ''",
    "override: replace, command: '\"'",
    "override: replace, command: 'x [ y'",
    "override: replace, command: 'x [ y ] z'",
    "override: replace, command: '[ y ]'",
    "override: replace, command: 'x [ y ] [ z ]'",
    "override: replace, command: [x]",
    "override: replace, command: 3",
    "override: replace, command: x, nope: 1",
    "override: replace, command: x, startup: enabled",
    "override: replace, command: x, startup: disabled",
    "override: replace, command: x, startup: nope",
    "override: replace, command: x, startup: true",
    "override: replace, command: x, after: [nope]",
    "override: replace, command: x, after: nope",
    "override: replace, command: x, before: [x]",
    "override: replace, command: x, requires: [nope]",
    "override: replace, command: x, after: [s]",
    "override: replace, command: x, requires: [s]",
    "override: replace, command: x, environment: {A: 1}",
    "override: replace, command: x, environment: {A: null}",
    "override: replace, command: x, environment: {A: [1]}",
    "override: replace, command: x, environment: [A]",
    "override: replace, command: x, environment: {1: 2}",
    "override: replace, command: x, user-id: x",
    "override: replace, command: x, user-id: 1.5",
    "override: replace, command: x, user-id: -1",
    "override: replace, command: x, user-id: 99999999999",
    "override: replace, command: x, user: nope",
    "override: replace, command: x, group: nope",
    "override: replace, command: x, working-dir: /nope",
    "override: replace, command: x, on-success: nope",
    "override: replace, command: x, on-success: ignore",
    "override: replace, command: x, on-success: failure-shutdown",
    "override: replace, command: x, on-success: success-shutdown",
    "override: replace, command: x, on-failure: nope",
    "override: replace, command: x, on-failure: failure-shutdown",
    "override: replace, command: x, on-failure: success-shutdown",
    "override: replace, command: x, on-check-failure: {nope: restart}",
    "override: replace, command: x, on-check-failure: {up: nope}",
    "override: replace, command: x, on-check-failure: {up: ignore}",
    "override: replace, command: x, on-check-failure: restart",
    "override: replace, command: x, backoff-delay: x",
    "override: replace, command: x, backoff-delay: 1s",
    "override: replace, command: x, backoff-delay: -1s",
    "override: replace, command: x, backoff-delay: 0s",
    "override: replace, command: x, backoff-delay: 5",
    "override: replace, command: x, backoff-factor: 0.5",
    "override: replace, command: x, backoff-factor: x",
    "override: replace, command: x, backoff-factor: 1.5",
    "override: replace, command: x, backoff-limit: 1m30s",
    "override: replace, command: x, kill-delay: 90",
    "override: replace, command: x, kill-delay: 1.5s",
    "override: replace, command: x, summary: 3, description: 'a: b'",
    "override: replace, command: x, summary: {a: b}",
    "override: replace, command: x, workload: nope",
];

const CHECK: [&str; 34] = [
    "",
    "override: replace",
    "override: nope",
    "override: replace, http: {url: 'http://localhost:1'}",
    "override: replace, http: {}",
    "override: replace, http: {url: ''}",
    "override: replace, http: {url: x, headers: {A: b}}",
    "override: replace, http: {url: x, headers: [A]}",
    "override: replace, http: x",
    "override: replace, tcp: {port: 1}",
    "override: replace, tcp: {port: x}",
    "override: replace, tcp: {port: 0}",
    "override: replace, tcp: {host: x}",
    "override: replace, exec: {command: 'true'}",
    "override: replace, exec: {command: ''}",
    "override: replace, exec: {command: '\"'}",
    "override: replace, exec: {command: x, service-context: nope}",
    "override: replace, exec: {command: x, service-context: a}",
    "override: replace, exec: {command: x, user: nope}",
    "override: replace, exec: {command: x, group: nope}",
    "override: replace, exec: {command: x, user: app, group: app}",
    "override: replace, exec: {command: x, user-id: 0, user: app}",
    "override: replace, exec: {command: x}, tcp: {port: 1}",
    "override: replace, tcp: {port: 1}, level: alive",
    "override: replace, tcp: {port: 1}, level: nope",
    "override: replace, tcp: {port: 1}, startup: disabled",
    "override: replace, tcp: {port: 1}, startup: nope",
    "override: replace, tcp: {port: 1}, period: 0s",
    "override: replace, tcp: {port: 1}, period: x",
    "override: replace, tcp: {port: 1}, period: 1h, timeout: 2h",
    "override: replace, tcp: {port: 1}, timeout: 0s",
    "override: replace, tcp: {port: 1}, period: 1s, timeout: 1s",
    "override: replace, tcp: {port: 1}, threshold: 0",
    "override: replace, tcp: {port: 1}, threshold: x",
];

const TARGET: [&str; 19] = [
    "",
    "override: replace",
    "override: nope",
    "override: replace, type: loki",
    "override: replace, type: nope",
    "override: replace, location: x",
    "override: replace, type: loki, location: 'http://localhost:1/x'",
    "override: replace, type: loki, location: x, services: [nope]",
    "override: replace, type: loki, location: x, services: [all]",
    "override: replace, type: loki, location: x, services: [-all]",
    "override: replace, type: loki, location: x, services: [-nope]",
    "override: replace, type: loki, location: x, services: a",
    "override: replace, type: loki, location: x, labels: {a: b}",
    "override: replace, type: loki, location: x, labels: {pebble_a: b}",
    "override: replace, type: loki, location: x, labels: {a: $A ${B} $$}",
    "override: replace, type: loki, location: x, labels: [a]",
    "override: replace, type: opentelemetry, location: x",
    "override: replace, type: syslog, location: 'udp://x:1'",
    "override: merge, location: y",
];

const WHOLE: [&str; 34] = [
    "",
    "{}",
    "null",
    "[]",
    "x",
    "3",
    "nope: 1",
    "services:",
    "services: []",
    "services: x",
    "services: {s: null}",
    "services: {s: x}",
    "services: {'': {override: replace, command: x}}",
    "services: {pebble: {override: replace, command: x}}",
    "services: {-s: {override: replace, command: x}}",
    "services: {1: {override: replace, command: x}}",
    "services: {s: {override: replace, command: x}, s: {override: replace, command: x}}",
    "checks: {c: null}",
    "checks: {'': {override: replace, tcp: {port: 1}}}",
    "log-targets: {l: null}",
    "log-targets: {'': {override: replace, type: loki, location: x}}",
    "summary: x\ndescription: y",
    "summary: {a: b}",
    "workloads: {w: {override: replace}}",
    "workloads: {w: {override: replace, user: nope}}",
    "workloads: {w: null}",
    "pairing: {mode: single}",
    "pairing: {mode: nope}",
    "pairing: x",
    "a: b: c",
    "\tx",
    "services: &a {s: *a}",
    "x: *nope",
    "--- {}\n--- {}",
];

/// Layers for each part, with and without combining, and the plan after some.
pub(super) fn all() -> Vec<Request> {
    let mut requests = Vec::new();
    let mut number = 0;
    let mut each = |layer: String| {
        number += 1;
        requests.push(add(&format!("l{number}"), false, &layer));
    };
    SERVICE.iter().for_each(|service| each(format!("services: {{s: {{{service}}}}}")));
    CHECK.iter().for_each(|check| {
        each(format!("checks: {{c: {{startup: disabled, {check}}}}}").replace(
            "startup: disabled, override: replace, tcp: {port: 1}, startup",
            "override: replace, tcp: {port: 1}, startup",
        ))
    });
    TARGET.iter().for_each(|target| each(format!("log-targets: {{l: {{{target}}}}}")));
    WHOLE.iter().for_each(|layer| each((*layer).to_owned()));
    requests.push(super::request::get("/v1/plan?format=yaml"));
    for (label, combine) in [
        ("l1", true),
        ("base", false),
        ("base", true),
        ("pebble-x", false),
        ("a/b", false),
        ("a/b", true),
        ("", true),
        ("new", true),
        ("new", true),
        ("new", false),
    ] {
        requests.push(add(label, combine, "services: {n: {override: merge, command: n, environment: {X: y}}}"));
    }
    requests.push(super::request::get("/v1/plan?format=yaml"));
    requests.push(super::request::get("/v1/services"));
    requests
}
