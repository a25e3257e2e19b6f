//! Requests by body: for each endpoint its valid body, with each field replaced by every kind of JSON, and texts that are no
//! JSON.

use serde_json::{Map, Value, json};

use super::request::{Request, post, request, text};

/// Each endpoint that takes JSON, with a body that has every field.
fn endpoints() -> Vec<(&'static str, Value)> {
    vec![
        ("services", json!({"action": "start", "services": ["nope"]})),
        ("changes/1", json!({"action": "abort"})),
        (
            "layers",
            json!({"action": "add", "combine": true, "inner": true, "label": "x", "format": "yaml", "layer": "services: {}"}),
        ),
        (
            "files",
            json!({"action": "make-dirs", "dirs": [{
                "path": "/made", "make-parents": true, "permissions": "755",
                "user-id": 0, "user": "root", "group-id": 0, "group": "root",
            }]}),
        ),
        ("files", json!({"action": "remove", "paths": [{"path": "/none", "recursive": true}]})),
        (
            "exec",
            json!({
                "command": ["/none"], "service-context": "a", "environment": {"A": "1"}, "working-dir": "/", "timeout": "1s",
                "user-id": 0, "user": "root", "group-id": 0, "group": "root", "terminal": false, "interactive": false,
                "split-stderr": true, "width": 1, "height": 1,
            }),
        ),
        ("signals", json!({"signal": "SIGHUP", "services": ["nope"]})),
        ("checks", json!({"action": "start", "checks": ["nope"]})),
        ("checks/refresh", json!({"name": "nope"})),
        (
            "notices",
            json!({"action": "add", "type": "custom", "key": "example.com/x", "repeat-after": "1h", "data": {"a": "b"}}),
        ),
        (
            "identities",
            json!({"action": "add", "identities": {"bob": {"access": "read", "local": {"user-id": 42}, "basic": {"password": "x"}}}}),
        ),
        ("identities", json!({"action": "add", "identities": {"eve": {"access": "read", "cert": {"pem": "x"}}}})),
    ]
}

fn substitutes() -> [Value; 9] {
    [
        Value::Null,
        json!(true),
        json!(3),
        json!(-5),
        json!(1.5),
        json!("text"),
        json!([]),
        json!(["a", 1]),
        json!({"a": {"b": []}}),
    ]
}

/// Copies of the value in which one part, at any depth, is replaced.
fn mutants(value: &Value) -> Vec<Value> {
    let mut found: Vec<Value> = substitutes().into_iter().filter(|other| other != value).collect();
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let with = |inner: Value| {
                    Value::Object(
                        fields
                            .iter()
                            .map(|(name, old)| (name.clone(), if name == key { inner.clone() } else { old.clone() }))
                            .collect(),
                    )
                };
                found.extend(mutants(inner).into_iter().map(with));
                found.push(Value::Object(
                    fields
                        .iter()
                        .filter(|(name, _)| *name != key)
                        .map(|(name, old)| (name.clone(), old.clone()))
                        .collect(),
                ));
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                found.extend(mutants(first).into_iter().map(|item| json!([item])));
            }
        }
        _ => {}
    }
    found
}

/// The same keys in another case, at every depth.
fn shouted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, inner)| (key.to_uppercase(), shouted(inner))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(shouted).collect(),
        other => other.clone(),
    }
}

/// Each endpoint with every mutant of its body.
pub(super) fn mutated() -> Vec<Request> {
    let mut requests = Vec::new();
    for (endpoint, body) in endpoints() {
        let target = format!("/v1/{endpoint}");
        requests.push(post(&target, &body));
        requests.push(post(&target, &shouted(&body)));
        requests.extend(mutants(&body).iter().map(|mutant| post(&target, mutant)));
    }
    requests
}

/// Texts that are no JSON object, or an unusual one.
const TEXTS: [&str; 46] = [
    "",
    " ",
    "\n",
    "{",
    "}",
    "[",
    "{}",
    "{} rest",
    "{}{",
    "nul",
    "nulL",
    "null",
    "null x",
    "true",
    "tru",
    "0",
    "-",
    "-x",
    "01",
    "1.",
    "1.x",
    "1e",
    "1ex",
    "\"",
    "\"a",
    "\"\\",
    "\"\\x",
    "\"\\u12",
    "\"\\u12x",
    "\"\u{1}\"",
    "'a'",
    "{a",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\"}",
    "[1 2]",
    "[1,]",
    "{\"action\":\"\\ud800\"}",
    "{\"action\":\"\\ud83d\\ude00<>&\\u2028\"}",
    "{\"action\":\"a\\\"b\\\\c\\n\\t\"}",
    "{\"action\":\"x\",\"Action\":\"y\"}",
    "{\"action\":1,\"action\":\"y\"}",
];

/// Every text for two endpoints, and some for each.
pub(super) fn texts() -> Vec<Request> {
    let mut requests: Vec<Request> = TEXTS.iter().map(|body| text("/v1/services", body)).collect();
    requests.extend(TEXTS.iter().map(|body| text("/v1/notices", body)));
    let endpoints = ["changes/1", "layers", "files", "exec", "signals", "checks", "checks/refresh", "identities"];
    for endpoint in endpoints {
        let target = format!("/v1/{endpoint}");
        requests.extend(["", "{", "[]", "3", "null", "nope"].map(|body| text(&target, body)));
        requests.push(request("POST", &target, "Content-Type: application/json\r\n", b"{\"action\":\"\xff\"}"));
    }
    requests
}

/// Fields with values of their own rules.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn values() -> Vec<Request> {
    let mut requests = Vec::new();
    for action in [
        "",
        "start",
        "stop",
        "restart",
        "replan",
        "autostart",
        "nope",
        "Start",
        "a\"b",
        "<&>",
        "\u{e9}\u{1F600}\u{7f}\u{200b}",
    ] {
        requests.push(post("/v1/services", &json!({"action": action})));
        requests.push(post("/v1/services", &json!({"action": action, "services": ["nope", "also"]})));
        requests.push(post("/v1/checks", &json!({"action": action, "checks": ["nope", "also"]})));
        requests.push(post("/v1/checks", &json!({"action": action})));
    }
    for key in [
        "",
        "a",
        "a.b",
        "a.b/c",
        "A.b/c",
        "a.b/",
        "a.b//c",
        "a.b/c-",
        "a.b/-c",
        "a-b.c/d-e",
        "a.b/c_d",
        "1.2/3",
        "a.b/c\n",
        ".b/c",
    ] {
        requests.push(post("/v1/notices", &json!({"action": "add", "type": "custom", "key": key})));
    }
    let long = format!("a.b/{}", "x".repeat(253));
    requests.push(post("/v1/notices", &json!({"action": "add", "type": "custom", "key": long})));
    for data in [
        json!({"a": "x".repeat(4100)}),
        json!({"a": "x".repeat(4087)}),
        json!({"a": "x".repeat(4088)}),
        json!({"a": 1}),
        json!([]),
        json!("x"),
        json!({"a": null}),
    ] {
        requests
            .push(post("/v1/notices", &json!({"action": "add", "type": "custom", "key": "a.b/data", "data": data})));
    }
    requests.push(text("/v1/notices", r#"{"action":"add","type":"custom","key":"a.b/nul","data":null}"#));
    for span in ["", "0", "1", "-1h", "1h", "x", "1d"] {
        requests.push(post(
            "/v1/notices",
            &json!({"action": "add", "type": "custom", "key": "a.b/span", "repeat-after": span}),
        ));
    }
    for kind in ["", "custom", "change-update", "warning", "nope"] {
        requests.push(post("/v1/notices", &json!({"action": "add", "type": kind, "key": "a.b/kind"})));
    }
    for signal in ["SIGHUP", "HUP", "1", "", "SIGIOT", "SIGCLD", "SIGPOLL", "SIGUNUSED", "SIGNOPE", "sighup"] {
        requests.push(post("/v1/signals", &json!({"signal": signal, "services": ["nope"]})));
        requests.push(post("/v1/signals", &json!({"signal": signal, "services": ["deaf"]})));
        requests.push(post("/v1/signals", &json!({"signal": signal, "services": ["nope", "deaf", "other"]})));
    }
    requests
}

/// Commands to run, each refused or begun.
pub(super) fn commands() -> Vec<Request> {
    let exec = |fields: Value| {
        let mut body = json!({"command": ["true"]});
        if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
            body.extend(fields);
        }
        post("/v1/exec", &body)
    };
    [
        json!({}),
        json!({"command": ["/bin/true", "x"]}),
        json!({"command": ["nope"]}),
        json!({"command": ["/nope"]}),
        json!({"command": ["./true"]}),
        json!({"command": ["/bin"]}),
        json!({"command": ["/etc/passwd"]}),
        json!({"command": [""]}),
        json!({"timeout": "x"}),
        json!({"timeout": "1h"}),
        json!({"timeout": "-1s"}),
        json!({"user": "nope"}),
        json!({"user": "root"}),
        json!({"user": "app"}),
        json!({"user-id": 12}),
        json!({"user-id": 12, "group-id": 13}),
        json!({"user-id": -5, "group-id": 3}),
        json!({"user-id": 0, "user": "app"}),
        json!({"group": "root"}),
        json!({"group-id": 7}),
        json!({"user": "app", "group": "nope"}),
        json!({"user": "app", "group-id": 0}),
        json!({"user": "root", "group": "app", "group-id": 3}),
        json!({"working-dir": "/nope"}),
        json!({"working-dir": "/etc/passwd"}),
        json!({"working-dir": "relative"}),
        json!({"working-dir": "/tmp"}),
        json!({"service-context": "nope"}),
        json!({"service-context": "a"}),
        json!({"service-context": "ctx"}),
        json!({"service-context": "ctx", "environment": {"A": "9"}, "user": "root"}),
        json!({"environment": {"A": "1", "B": ""}}),
        json!({"environment": {"HOME": "/x"}}),
        json!({"environment": {"": "x"}}),
        json!({"interactive": true}),
        json!({"split-stderr": true, "terminal": true}),
    ]
    .map(exec)
    .into()
}
