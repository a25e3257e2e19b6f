//! Requests about files.

use serde_json::{Value, json};

use super::request::{Request, get, post, request};

const BOUNDARY: &str = "01234567890123456789012345678901";

/// Makes directories, also where it can't.
pub(super) fn directories() -> Vec<Request> {
    let make = |item: Value| post("/v1/files", &json!({"action": "make-dirs", "dirs": [item]}));
    let mut requests: Vec<Request> = [
        json!({"path": "/m"}),
        json!({"path": "/m"}),
        json!({"path": "/m/"}),
        json!({"path": "/m/a/b"}),
        json!({"path": "/m/a/b", "make-parents": true}),
        json!({"path": "/m/a/b", "make-parents": true}),
        json!({"path": "/etc/passwd"}),
        json!({"path": "/etc/passwd", "make-parents": true}),
        json!({"path": "/etc/passwd/x"}),
        json!({"path": "/etc/passwd/x/y", "make-parents": true}),
        json!({"path": "m"}),
        json!({"path": ""}),
        json!({"path": "/m/p", "permissions": "700"}),
        json!({"path": "/m/q", "permissions": "7"}),
        json!({"path": "/m/q", "permissions": "888"}),
        json!({"path": "/m/q", "permissions": "1777"}),
        json!({"path": "/m/q", "permissions": "+77"}),
        json!({"path": "/m/q", "permissions": "0_7"}),
        json!({"path": "/m/u", "user": "app"}),
        json!({"path": "/m/v", "user": "app", "group": "root"}),
        json!({"path": "/m/w", "user": "nope"}),
        json!({"path": "/m/w", "group": "root"}),
        json!({"path": "/m/w", "group-id": 3}),
        json!({"path": "/m/w", "user-id": 3}),
        json!({"path": "/m/w", "user-id": 3, "group-id": 4}),
        json!({"path": "/m/x/../y"}),
        json!({"path": "/m/x/../z", "make-parents": true}),
        json!({"path": format!("/m/{}", "x".repeat(300))}),
        json!({"path": "/m/a\u{0}b"}),
    ]
    .map(make)
    .into();
    requests.push(post("/v1/files", &json!({"action": "make-dirs"})));
    requests.push(post(
        "/v1/files",
        &json!({"action": "make-dirs", "dirs": [{"path": "/n"}, {"path": "x"}, {"path": "/o"}]}),
    ));
    requests.push(get("/v1/files?action=list&path=/m"));
    requests
}

/// Removes files, also those that don't exist.
pub(super) fn removals() -> Vec<Request> {
    let remove = |item: Value| post("/v1/files", &json!({"action": "remove", "paths": [item]}));
    let mut requests: Vec<Request> = [
        json!({"path": "/nope"}),
        json!({"path": "/nope", "recursive": true}),
        json!({"path": "/nope/a"}),
        json!({"path": "/etc/passwd/a"}),
        json!({"path": "/etc/passwd/a", "recursive": true}),
        json!({"path": "x"}),
        json!({"path": ""}),
        json!({"path": "/tree"}),
        json!({"path": "/tree/", "recursive": false}),
        json!({"path": "/tree/link"}),
        json!({"path": "/tree/dead"}),
        json!({"path": "/tree/sub", "recursive": true}),
        json!({"path": "/tree/a"}),
        json!({"path": "/tree/a"}),
        json!({"path": "/tree/.", "recursive": true}),
        json!({"path": "/tree/..", "recursive": false}),
        json!({"path": format!("/{}", "x".repeat(300))}),
        json!({"path": format!("/{}", "x".repeat(300)), "recursive": true}),
        json!({"path": "/a\u{0}b"}),
    ]
    .map(remove)
    .into();
    requests.push(post("/v1/files", &json!({"action": "remove"})));
    requests.push(get("/v1/files?action=list&path=/tree"));
    requests
}

/// Reads of files.
pub(super) fn reads() -> Vec<Request> {
    let accept = "Accept: multipart/form-data\r\n";
    let read = |query: &str| request("GET", &format!("/v1/files?action=read&{query}"), accept, b"");
    let mut requests: Vec<Request> = [
        "",
        "path=",
        "path=x",
        "path=/nope",
        "path=/etc",
        "path=/tree/a",
        "path=/tree/a&path=/etc/group",
        "path=/tree/a&path=/nope&path=/tree/b",
        "path=/nope&path=/nope2",
        "path=/tree/link",
        "path=/tree/dead",
        "path=/tree/a/",
        "path=/tree/quote%22d%0a",
        "path=/tree/../tree/a",
    ]
    .map(read)
    .into();
    for accept in ["", "Accept: */*\r\n", "Accept: multipart/form-data; x=y\r\n", "Accept: Multipart/Form-Data\r\n"] {
        requests.push(request("GET", "/v1/files?action=read&path=/tree/a", accept, b""));
    }
    requests
}

fn part(name: &str, filename: Option<&str>, body: &str) -> String {
    let filename = filename.map(|filename| format!("; filename=\"{filename}\"")).unwrap_or_default();
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n{body}\r\n")
}

fn upload(parts: &[String]) -> Request {
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n");
    request("POST", "/v1/files", &kind, format!("{}--{BOUNDARY}--\r\n", parts.concat()).as_bytes())
}

/// Writes of files.
pub(super) fn writes() -> Vec<Request> {
    let write = |item: Value| {
        let path = item["path"].as_str().unwrap_or_default().to_owned();
        let head = json!({"action": "write", "files": [item]});
        upload(&[part("request", None, &head.to_string()), part("files", Some(&path), "text\n")])
    };
    let mut requests: Vec<Request> = [
        json!({"path": "/w"}),
        json!({"path": "/w"}),
        json!({"path": "w"}),
        json!({"path": ""}),
        json!({"path": "/tmp"}),
        json!({"path": "/tmp/"}),
        json!({"path": "/no/such/file"}),
        json!({"path": "/yes/such/file", "make-dirs": true}),
        json!({"path": "/etc/passwd/file"}),
        json!({"path": "/etc/passwd/x/file", "make-dirs": true}),
        json!({"path": "/w2", "permissions": "600"}),
        json!({"path": "/w3", "permissions": "9"}),
        json!({"path": "/w4", "user": "app"}),
        json!({"path": "/w5", "user": "app", "group": "root"}),
        json!({"path": "/w6", "user": "nope"}),
        json!({"path": "/w7", "group": "root"}),
        json!({"path": "/w8", "user-id": 4}),
        json!({"path": "/w9", "user-id": 4, "group-id": 5}),
        json!({"path": "/tree/link2"}),
        json!({"path": format!("/{}", "x".repeat(300))}),
        json!({"path": "/w10", "user-id": "x"}),
        json!({"path": 3}),
    ]
    .map(write)
    .into();
    requests.extend(broken());
    requests.push(get("/v1/files?action=list&path=/&pattern=w*"));
    requests
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn broken() -> Vec<Request> {
    let head = |text: &str| part("request", None, text);
    let both = r#"{"action":"write","files":[{"path":"/b1"},{"path":"/b2"}]}"#;
    let mut requests: Vec<Request> = [
        vec![],
        vec![head("")],
        vec![head("{")],
        vec![head("[]")],
        vec![head(r#"{"action":"nope"}"#)],
        vec![head(r#"{"action":"write"}"#)],
        vec![head(r#"{"action":"write","files":[]}"#)],
        vec![head(r#"{"action":"write","files":3}"#)],
        vec![head(both)],
        vec![head(both), part("files", Some("/b1"), "1")],
        vec![
            head(both),
            part("files", Some("/b1"), "1"),
            part("files", Some("/b1"), "2"),
            part("files", Some("/b2"), "3"),
        ],
        vec![head(both), part("files", Some("/other"), "1")],
        vec![head(both), part("other", Some("/b1"), "1")],
        vec![head(both), part("files", None, "1")],
        vec![part("files", Some("/b1"), "1"), head(both)],
    ]
    .iter()
    .map(|parts| upload(parts))
    .collect();
    let kinds = [
        "",
        "Content-Type: \r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/json; charset=utf-8\r\n",
        "Content-Type: APPLICATION/JSON\r\n",
        "Content-Type: application/\r\n",
        "Content-Type: application\r\n",
        "Content-Type: /json\r\n",
        "Content-Type: application/json; x\r\n",
        "Content-Type: application/json; x=\r\n",
        "Content-Type: application/json;;\r\n",
        "Content-Type: application/json; a=1; a=2\r\n",
        "Content-Type: multipart/form-data\r\n",
        "Content-Type: multipart/form-data; boundary=short\r\n",
        "Content-Type: multipart/form-data; boundary=\"0123456789012345678901234567890123\"\r\n",
        "Content-Type: multipart/form-data; BOUNDARY=0123456789012345678901234567890123\r\n",
        "Content-Type: multipart/mixed; boundary=0123456789012345678901234567890123\r\n",
    ];
    requests.extend(kinds.map(|kind| request("POST", "/v1/files", kind, b"{}")));
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n");
    let bodies = [
        String::new(),
        "x".to_owned(),
        format!("--{BOUNDARY}"),
        format!("--{BOUNDARY}--"),
        format!("--{BOUNDARY}\r\n"),
        format!("--{BOUNDARY}\r\n\r\n{{}}"),
        format!("preamble\r\n{}", head(r#"{"action":"nope"}"#)),
        head(both),
        format!(
            "{}--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"/b1\"\r\n\r\nopen",
            head(both)
        ),
    ];
    requests.extend(bodies.iter().map(|body| request("POST", "/v1/files", &kind, body.as_bytes())));
    requests
}
