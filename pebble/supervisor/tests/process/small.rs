//! Small facts of the API that clients rely on. Every status and message is a real Pebble's.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::daemon::Daemon;

const LAYER: &str = "services:\n  a: {override: replace, command: sleep 1000}\n";

/// Sends a request; returns status and body.
fn ask(daemon: &Daemon, line: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!("Host: x\r\nConnection: close\r\nContent-Length: {}", body.len());
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    stream.write_all(format!("{line} HTTP/1.1\r\n{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// The message of a refused request.
fn refused(daemon: &Daemon, line: &str, body: &Value) -> (u16, String) {
    let (status, body) = ask(daemon, line, body);
    (status, body["result"]["message"].as_str().unwrap().to_owned())
}

#[test]
fn a_checks_unknown_user_refuses_its_layer() {
    let daemon = Daemon::start("", &[]);
    let layer = "checks: {c: {override: replace, exec: {command: 'true', user: nosuch}}}";
    let body = json!({"action": "add", "combine": true, "label": "x", "format": "yaml", "layer": layer});
    let why = r#"cannot parse layer YAML: plan check "c" has invalid user/group: user: unknown user nosuch"#;
    assert_eq!(refused(&daemon, "POST /v1/layers", &body), (400, why.to_owned()));
}

#[test]
fn a_commands_environment_has_texts_and_its_user_any_number() {
    let daemon = Daemon::start("", &[]);
    let exec = |body: Value| ask(&daemon, "POST /v1/exec", &body);
    let why = "cannot decode request body: json: cannot unmarshal number into Go struct field \
               execPayload.environment of type string";
    let wrong = json!({"command": ["true"], "environment": {"A": 1}});
    assert_eq!(refused(&daemon, "POST /v1/exec", &wrong), (400, why.to_owned()));
    let wrong = json!({"command": ["true"], "user-id": -5});
    assert_eq!(refused(&daemon, "POST /v1/exec", &wrong), (400, "user: unknown userid -5".to_owned()));
    assert_eq!(exec(json!({"command": ["true"], "user-id": -5, "group-id": -5})).0, 202);
    // Keys match in any case.
    assert_eq!(exec(json!({"COMMAND": ["true"]})).0, 202);
}

#[test]
fn paths_may_be_escaped_and_long() {
    let daemon = Daemon::start(LAYER, &[]);
    let (status, body) = ask(&daemon, "GET /v1/%73ervices", &Value::Null);
    assert_eq!((status, &body["result"][0]["name"]), (200, &json!("a")));
    let long = "x".repeat(120_000);
    let (status, body) = ask(&daemon, &format!("GET /v1/services?names={long}"), &Value::Null);
    assert_eq!((status, &body["result"]), (200, &json!([])));
}

#[test]
fn the_first_of_the_unknown_services_is_named() {
    let daemon = Daemon::start(LAYER, &[]);
    for names in [["zz", "yy"], ["yy", "zz"]] {
        let why = format!(r#"cannot start services: service "{}" does not exist"#, names[0]);
        let body = json!({"action": "start", "services": names});
        assert_eq!(refused(&daemon, "POST /v1/services", &body), (400, why));
    }
}

#[test]
fn second_names_of_signals_are_refused() {
    let daemon = Daemon::start(LAYER, &["--hold"]);
    daemon.client().start(&["a"], std::time::Duration::from_secs(60)).unwrap();
    let body = json!({"signal": "SIGIOT", "services": ["a"]});
    let why = r#"cannot send signal to "a": invalid signal name "SIGIOT""#;
    assert_eq!(refused(&daemon, "POST /v1/signals", &body), (500, why.to_owned()));
}

#[test]
fn a_notice_may_repeat_before_now() {
    let daemon = Daemon::start("", &[]);
    let body = json!({"action": "add", "type": "custom", "key": "a.b/c", "repeat-after": "-1s"});
    let first = ask(&daemon, "POST /v1/notices", &body);
    assert_eq!((first.0, ask(&daemon, "POST /v1/notices", &body)), (200, first.clone()));
    let (_, body) = ask(&daemon, "GET /v1/notices?types=custom", &Value::Null);
    let notice = &body["result"][0];
    assert_eq!((&notice["occurrences"], &notice["repeat-after"]), (&json!(2), &json!("-1s")));
    assert_eq!(notice["last-repeated"], notice["last-occurred"]);
    assert_eq!(daemon.client_verb(&["notify", "--repeat-after=-2s", "a.b/d"]).code, Some(0));
    let told = daemon.client_verb(&["notice", "custom", "a.b/d"]).stdout;
    assert!(told.contains("repeat-after: -2s\n"), "{told}");
}

#[test]
fn limits_below_zero_are_over_at_once() {
    let daemon = Daemon::start(LAYER, &["--hold"]);
    let marker = daemon.folder.path().join("ran");
    let ran = daemon.client_verb(&["exec", "--timeout=-1s", "touch", marker.to_str().unwrap()]);
    let why = "timed out after -1s: context deadline exceeded";
    assert!(ran.code == Some(1) && ran.stderr.contains(why), "{ran:?}");
    assert!(!marker.exists());
    let begun = ask(&daemon, "POST /v1/services", &json!({"action": "start", "services": ["a"]})).1;
    let id = begun["change"].as_str().unwrap();
    let (status, message) = refused(&daemon, &format!("GET /v1/changes/{id}/wait?timeout=-1s"), &Value::Null);
    assert_eq!((status, message.as_str()), (504, "timed out waiting for change after -1s"));
}
