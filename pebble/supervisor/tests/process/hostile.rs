//! Random and hostile requests: the daemon answers each in Pebble's envelope and keeps running.
//!
//! Generated requests may be carried out, also as root: so the daemon has a root directory of its own.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pebble::types::{ExecOptions, MakeDir, WriteFile};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::daemon::Daemon;
use crate::root;

const LAYER: &str = "services:\n  a:\n    override: replace\n    command: sleep 1000\n";
const BOUNDARY: &str = "0123456789012345678901234567890123456789";

/// Endpoints of POST with their actions.
const POSTS: [(&str, &[&str]); 8] = [
    ("services", &["start", "stop", "restart", "replan", "autostart"]),
    ("layers", &["add"]),
    ("files", &["make-dirs", "remove", "write"]),
    ("exec", &["exec"]),
    ("signals", &["signal"]),
    ("notices", &["add"]),
    ("changes/1", &["abort"]),
    ("services/a", &["start"]),
];

const GETS: [&str; 13] = [
    "system-info",
    "health",
    "changes",
    "changes/1",
    "changes/99",
    "services",
    "services/a",
    "plan",
    "files",
    "logs",
    "checks",
    "notices",
    "tasks/1/websocket/stdio",
];

/// Names of fields and parameters; not `follow`, whose answer is endless.
const KEYS: [&str; 44] = [
    "action",
    "after",
    "arguments",
    "combine",
    "command",
    "data",
    "dirs",
    "environment",
    "files",
    "for",
    "format",
    "group",
    "group-id",
    "inner",
    "interactive",
    "itself",
    "key",
    "keys",
    "label",
    "layer",
    "level",
    "make-dirs",
    "make-parents",
    "n",
    "names",
    "path",
    "paths",
    "pattern",
    "permissions",
    "recursive",
    "repeat-after",
    "select",
    "service-context",
    "services",
    "signal",
    "split-stderr",
    "terminal",
    "timeout",
    "type",
    "types",
    "user",
    "user-id",
    "users",
    "working-dir",
];

/// Texts with a meaning in some request. `@` stands for the daemon's play folder.
const WORDS: [&str; 50] = [
    "",
    "a",
    "true",
    "false",
    "all",
    "ready",
    "list",
    "read",
    "yaml",
    "custom",
    "example.com/key",
    "1ms",
    "-1s",
    "9999999h",
    "1h1",
    "5parsecs",
    "SIGHUP",
    "SIGNOPE",
    "644",
    "+77",
    "9999",
    "-1",
    "4294967296",
    "18446744073709551616",
    "root",
    "nobody",
    "no\0body",
    "@",
    "@/x",
    "@/x/y",
    "@/./x//../y",
    "@/x\0y",
    "relative/x",
    "/",
    "//",
    "/.",
    "/../..",
    "@/..",
    "@/../.",
    "@/../etc/passwd",
    "/tmp/",
    "/no/such/path",
    "/dev/null",
    "*",
    "[",
    "2026-01-01T00:00:00Z",
    "-262143-01-01T00:00:00Z",
    "services: {a: {override: merge, environment: {A: b}}}",
    "services: {a: {override: merge, backoff-factor: .inf, backoff-delay: 9999999h, kill-delay: 9999999h}}",
    "services: [",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(&WORDS[..]).prop_map(str::to_owned), 1 => "[A-Z0-9é😀\0\n\"\\\\%]{0,8}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(select(&KEYS[..]), inner, 0..5).prop_map(object),
        ]
    })
}

fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<String, Value>>())
}

/// Valid fields, so that some requests pass validation.
fn likely(endpoint: &str) -> Value {
    match endpoint {
        "services" => json!({"services": ["a"]}),
        "layers" => json!({"label": "x", "format": "yaml", "combine": true}),
        "files" => json!({"dirs": [{"path": "@/x"}], "paths": [{"path": "@/x"}]}),
        "exec" => json!({"command": ["true"]}),
        "signals" => json!({"services": ["a"], "signal": "SIGHUP"}),
        "notices" => json!({"type": "custom", "key": "example.com/key"}),
        _ => json!({}),
    }
}

fn post() -> impl Strategy<Value = (String, String)> {
    let body = |(endpoint, actions): (&'static str, &'static [&'static str])| {
        let fields = prop::collection::btree_map(select(&KEYS[..]), value(), 0..5);
        let body = (prop::option::weighted(0.9, select(actions)), any::<bool>(), fields).prop_map(
            move |(action, proper, fields)| {
                let mut body = if proper { likely(endpoint) } else { json!({}) };
                for (key, value) in fields {
                    body[key] = value;
                }
                if let Some(action) = action {
                    body["action"] = action.into();
                }
                body
            },
        );
        let body = prop_oneof![8 => body, 1 => value()].prop_map(|body| body.to_string());
        // Some are truncated.
        let cut = (body, prop::option::weighted(0.1, any::<prop::sample::Index>()));
        cut.prop_map(move |(body, cut)| {
            let end = cut.map_or(body.len(), |cut| body.floor_char_boundary(cut.index(body.len())));
            (format!("POST /v1/{endpoint}"), body[..end].to_owned())
        })
    };
    select(&POSTS[..]).prop_flat_map(body)
}

fn get() -> impl Strategy<Value = (String, String)> {
    let query = prop::collection::vec((select(&KEYS[..]), text()), 0..5);
    (select(&GETS[..]), query).prop_map(|(endpoint, query)| {
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let query: Vec<String> = query
            .into_iter()
            // A long wait is no fault.
            .filter(|(key, value)| *key != "timeout" || !value.ends_with('h'))
            .map(|(key, value)| format!("{key}={}", if value.starts_with('@') { value } else { escaped(&value) }))
            .collect();
        (format!("GET /v1/{endpoint}?{}", query.join("&").replace('\0', "%00")), String::new())
    })
}

/// A multipart body of random pieces.
fn upload() -> impl Strategy<Value = String> {
    let pieces = [
        format!("--{BOUNDARY}"),
        format!("\r\n--{BOUNDARY}"),
        "\r\n".to_owned(),
        "--".to_owned(),
        "\r\n\r\n".to_owned(),
        "Content-Disposition: form-data; name=\"request\"\r\n\r\n".to_owned(),
        "Content-Disposition: form-data; name=\"files\"; filename=\"@/f\"\r\n\r\n".to_owned(),
        r#"{"action":"write","files":[{"path":"@/f","make-dirs":true},{"path":"relative"}]}"#.to_owned(),
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{{\"action\":\"write\",\"files\":[{{\"path\":\"@/f\"}}]}}\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"@/f\"\r\n\r\n"
        ),
    ];
    prop::collection::vec(prop_oneof![6 => select(pieces.to_vec()), 1 => text()], 0..10).prop_map(|all| all.concat())
}

/// Path that `@` stands for, in the daemon's root directory.
const PLAY: &str = "/play";

/// Sends a request and reads the whole answer; it is empty if the daemon is gone.
fn send(daemon: &Daemon, line: &str, kind: &str, body: &str) -> Vec<u8> {
    let (line, body) = (line.replace('@', PLAY), body.replace('@', PLAY));
    let mut stream = UnixStream::connect(daemon.socket()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: multipart/form-data\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // A daemon may refuse before it has read the whole request.
    let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Checks that the answer is a JSON envelope, JSON lines or a multipart body, and that status line and envelope agree.
fn check(answer: &[u8]) -> Result<(), TestCaseError> {
    let answer = String::from_utf8_lossy(answer);
    let (head, body) =
        answer.split_once("\r\n\r\n").ok_or_else(|| TestCaseError::fail(format!("no head: {answer:?}")))?;
    let status: u64 = head.split(' ').nth(1).unwrap_or_default().parse().unwrap_or(0);
    if !head.contains("Content-Type: application/json") {
        prop_assert!(status == 200 || body.contains(r#"{"type":"error""#), "{}", answer);
        return Ok(());
    }
    let envelope: Value =
        serde_json::from_str(body).map_err(|error| TestCaseError::fail(format!("{error}: {answer}")))?;
    prop_assert_eq!(envelope["status-code"].as_u64(), Some(status));
    match envelope["type"].as_str() {
        Some("sync") => prop_assert_eq!(status, 200),
        Some("async") => prop_assert!(status == 202 && envelope["change"].is_string()),
        Some("error") => prop_assert!(envelope["result"]["message"].as_str().is_some_and(|text| !text.is_empty())),
        _ => prop_assert!(false, "{}", answer),
    }
    // The status is a valid one.
    prop_assert!(status < 600);
    Ok(())
}

/// Runs cases against one daemon, which must not panic, and must answer and end properly afterwards.
fn play<S: Strategy>(cases: u32, strategy: &S, send: impl Fn(&Daemon, S::Value) -> Result<(), TestCaseError>) {
    let Some(mut daemon) = root::start(LAYER, &["--hold"]) else { return };
    std::fs::create_dir(daemon.folder.path().join("play")).unwrap();
    daemon.client().start(&["a"], Duration::from_secs(60)).unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(strategy, |case| send(&daemon, case));
    let stderr = daemon.stderr();
    assert!(
        !stderr.contains("panicked"),
        "{}",
        stderr.lines().filter(|line| !line.contains("[pebble]")).collect::<String>()
    );
    outcome.unwrap();
    assert!(daemon.client().system_info().is_ok());
    assert!(daemon.stop().success());
}

#[test]
fn every_post_is_answered() {
    play(600, &post(), |daemon, (line, body)| check(&send(daemon, &line, "application/json", &body)));
}

#[test]
fn every_get_is_answered() {
    play(400, &get(), |daemon, (line, body)| check(&send(daemon, &line, "", &body)));
}

#[test]
fn every_upload_is_answered() {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    play(300, &upload(), |daemon, body| check(&send(daemon, "POST /v1/files", &kind, &body)));
}

#[test]
fn bytes_that_are_no_http_do_no_harm() {
    let bytes = prop::collection::vec(prop_oneof![any::<u8>(), select(b"GET /v1:\r\n% ".to_vec())], 0..80);
    play(200, &bytes, |daemon, bytes| {
        let mut stream = UnixStream::connect(daemon.socket()).unwrap();
        let _ = stream.write_all(&[&bytes[..], b"\r\n\r\n"].concat());
        Ok(())
    });
}

#[test]
fn a_path_of_a_million_parts_is_refused() {
    let Some(daemon) = root::start("", &[]) else { return };
    std::fs::write(daemon.folder.path().join("play"), "a file").unwrap();
    let body =
        json!({"action": "make-dirs", "dirs": [{"path": format!("@{}", "/d".repeat(1 << 20)), "make-parents": true}]});
    let answer = send(&daemon, "POST /v1/files", "application/json", &body.to_string());
    assert!(String::from_utf8_lossy(&answer).contains("mkdir /play: not a directory"));
    assert!(daemon.client().system_info().is_ok());
}

#[test]
fn a_boundary_or_notice_beyond_all_measure_is_refused() {
    let daemon = Daemon::start("", &[]);
    let refused = |line: &str, kind: &str, body: &str| String::from_utf8(send(&daemon, line, kind, body)).unwrap();
    for (length, told) in
        [(70, "cannot read request metadata"), (71, "invalid boundary"), (100_000, "invalid boundary")]
    {
        let answer = refused("POST /v1/files", &format!("multipart/form-data; boundary={}", "b".repeat(length)), "x");
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(told), "{length}: {answer:.300}");
    }
    let notice = json!({"action": "add", "type": "custom", "key": "example.com/a", "data": {"a": "x".repeat(1 << 17)}});
    let answer = refused("POST /v1/notices", "application/json", &notice.to_string());
    assert!(answer.contains("cannot decode request body: length limit exceeded"), "{answer}");
}

/// The message of a request that is refused.
fn refusal(daemon: &Daemon, line: &str, body: &Value) -> String {
    let answer = String::from_utf8(send(daemon, line, "application/json", &body.to_string())).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let envelope: Value = serde_json::from_str(body).unwrap();
    assert_eq!(envelope["type"], "error", "{head}");
    envelope["result"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn refusals_repeat_no_long_text() {
    let daemon = Daemon::start(LAYER, &["--hold"]);
    let long = "x".repeat(60_000);
    let ends = format!("{}...{}", "x".repeat(60), "x".repeat(40));
    let layer = format!("services: {{a: {{override: merge, kill-delay: {long}}}}}");
    for (line, body, told) in [
        ("services", json!({"action": long}), format!("must specify services for {ends} action")),
        ("services", json!({"action": long, "services": ["a"]}), format!("invalid action \"{ends}\"")),
        ("services", json!({"action": "start", "services": [long]}), format!("service \"{ends}\" does not exist")),
        ("layers", json!({"action": "add", "label": "a", "format": long}), format!("invalid format \"{ends}\"")),
        (
            "layers",
            json!({"action": "add", "label": "a", "format": "yaml", "layer": layer}),
            format!("invalid duration \"{ends}\""),
        ),
        ("exec", json!({"command": ["true"], "timeout": long}), format!("invalid duration \"{ends}\"")),
        (
            "exec",
            json!({"command": ["true"], "timeout": format!("1{long}")}),
            format!("unknown unit \"{ends}\" in duration"),
        ),
        ("exec", json!({"command": [long]}), format!("cannot find executable \"{ends}\"")),
        ("exec", json!({"command": ["true"], "user": long}), format!("unknown user {ends}")),
        ("exec", json!({"command": ["true"], "working-dir": long}), ends.clone()),
        (
            "exec",
            json!({"command": ["true"], "terminal": long}),
            "cannot decode request body: json: cannot unmarshal string".to_owned(),
        ),
        ("signals", json!({"signal": "SIGHUP", "services": [long]}), ends.clone()),
        ("signals", json!({"signal": "SIGHUP", "services": vec!["b"; 1000]}), "; and 980 more".to_owned()),
        ("notices", json!({"action": "add", "type": "custom", "key": long}), ends.clone()),
        ("changes/1", json!({"action": "abort"}), "cannot find change".to_owned()),
    ] {
        let message = refusal(&daemon, &format!("POST /v1/{line}"), &body);
        assert!(
            message.contains(&told) && message.len() < 2000,
            "{line} {told}: {} bytes: {message:.300}",
            message.len()
        );
    }
    for target in [
        format!("changes/{long}"),
        format!("notices/{long}"),
        format!("notices?after={long}"),
        format!("tasks/{long}/websocket/stdio"),
        format!("files?action={long}"),
        format!("plan?format={long}"),
    ] {
        let message = refusal(&daemon, &format!("GET /v1/{target}"), &json!({}));
        assert!(message.contains(&ends) && message.len() < 2000, "{target:.30}: {message:.300}");
    }
    // The answer repeats the path once; its message has only the ends.
    let body = json!({"action": "make-dirs", "dirs": [{"path": format!("/{long}")}]});
    let answer = send(&daemon, "POST /v1/files", "application/json", &body.to_string());
    assert!(answer.len() < 60_000 + 2000, "{}", answer.len());
}

#[test]
fn the_number_that_means_no_user_is_refused_everywhere() {
    let no_id = u32::MAX;
    let layer = format!(
        "services:\n  user: {{override: replace, command: sleep 1000, user-id: {no_id}, group-id: 0}}\n  \
         group: {{override: replace, command: sleep 1000, user-id: 0, group-id: {no_id}}}\n"
    );
    let daemon = Daemon::start(&layer, &["--hold"]);
    let path = daemon.folder.path().join("new");
    let client = daemon.client();
    for (field, user_id, group_id) in [("user-id", no_id, 0), ("group-id", 0, no_id)] {
        let told = format!("{field} must not be 4294967295");
        let (user_id, group_id) = (Some(user_id), Some(group_id));
        let path = path.to_str().unwrap();
        let errors = [
            client.make_dir(path, &MakeDir { user_id, group_id, ..MakeDir::default() }).unwrap_err(),
            client.write_file(path, &b"x"[..], &WriteFile { user_id, group_id, ..WriteFile::default() }).unwrap_err(),
            client.exec(&ExecOptions { user_id, group_id, ..ExecOptions::new(["true"]) }).unwrap_err(),
            client.start(&[&field[..field.len() - 3]], Duration::from_secs(60)).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains(&told), "{field}: {error}");
        }
    }
    assert!(!path.exists());
}
