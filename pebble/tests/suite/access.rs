//! Access to each endpoint: by the user at the other end of the socket, over HTTP, and by identities.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::case::{Case, case_with, over};
use crate::daemon::until;
use crate::raw::{self, Response};

/// The paths of the API, and others.
const PATHS: &[&str] = &[
    "/v1/system-info",
    "/v1/health",
    "/v1/changes",
    "/v1/changes/1",
    "/v1/changes/99/wait",
    "/v1/services",
    "/v1/plan?format=yaml",
    "/v1/layers",
    "/v1/files",
    "/v1/logs",
    "/v1/exec",
    "/v1/tasks/1/websocket/stdio",
    "/v1/signals",
    "/v1/checks",
    "/v1/checks/refresh",
    "/v1/notices",
    "/v1/notices/99",
    "/v1/identities",
    "/v1/pairing",
    "/v1/metrics",
    "/v1/warnings",
    "/v2/services",
];

/// Status and message, or the type of a success.
fn short(answer: &Response) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = body["result"]["message"].as_str().unwrap_or(&answer.kind);
    let kind = body["result"]["kind"].as_str().map(|kind| format!(" ({kind})")).unwrap_or_default();
    format!("{} {message}{kind}", answer.status)
}

/// Records the answers to a GET and a POST with an empty object of each path.
fn each(case: &mut Case, who: &str, paths: &[&str], ask: impl Fn(&Case, &str, &str, &[u8]) -> Response) {
    let kind = "Content-Type: application/json\r\n";
    let mut answers = BTreeMap::new();
    for path in paths {
        answers.insert(format!("GET {path}"), short(&ask(case, &format!("GET {path}"), "", b"")));
        answers.insert(format!("POST {path}"), short(&ask(case, &format!("POST {path}"), kind, b"{}")));
    }
    case.note(who, answers);
}

fn identities(case: &mut Case, action: &str, identities: &Value) {
    case.post("/v1/identities", &json!({"action": action, "identities": identities}));
}

#[test]
fn by_user() {
    if !testkit::needs_root() {
        return;
    }
    let (how, _) = over("--http");
    case_with("access-users", how, |case| {
        std::fs::set_permissions(case.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let of = |user: u32| {
            move |case: &Case, line: &str, head: &str, body: &[u8]| {
                raw::request_as(user, &case.socket(), line, head, body)
            }
        };
        each(case, "root", PATHS, |case, line, head, body| raw::request(&case.socket(), line, head, body));
        each(case, "another user", PATHS, of(12345));
        for access in ["admin", "read", "metrics", "untrusted"] {
            let action = if access == "admin" { "add" } else { "update" };
            identities(case, action, &json!({"bob": {"access": access, "local": {"user-id": 12345}}}));
            each(case, access, PATHS, of(12345));
        }
        // Notices have users.
        let kind = "Content-Type: application/json\r\n";
        identities(case, "update", &json!({"bob": {"access": "admin", "local": {"user-id": 12345}}}));
        for (user, key) in [(12345, "a.b/bobs"), (0, "a.b/roots")] {
            let body = json!({"action": "add", "type": "custom", "key": key}).to_string();
            let answer = raw::request_as(user, &case.socket(), "POST /v1/notices", kind, body.as_bytes());
            case.note(key, short(&answer));
        }
        for (user, query) in [
            (12345, ""),
            (0, ""),
            (0, "?user-id=12345"),
            (0, "?users=all"),
            (12345, "?users=all"),
            (12345, "?user-id=0"),
        ] {
            let answer = raw::request_as(user, &case.socket(), &format!("GET /v1/notices{query}"), "", b"");
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            let list = body["result"].as_array().cloned().unwrap_or_default();
            let keys: Vec<_> =
                list.iter().filter(|notice| notice["type"] == "custom").map(|notice| notice["key"].clone()).collect();
            case.note(&format!("{user}{query}"), (short(&answer), keys));
        }
    });
}

#[test]
fn over_http_and_by_password() {
    let (how, address) = over("--http");
    case_with("access-http", how, |case| {
        let with = |credentials: &str| {
            let field =
                if credentials.is_empty() { String::new() } else { format!("Authorization: Basic {credentials}\r\n") };
            move |_: &Case, line: &str, head: &str, _: &[u8]| {
                // Bodies don't matter: each path that takes one is closed.
                let head = format!("{head}{field}");
                until("the port answers", || raw::request_tcp(address, line, &head))
            }
        };
        each(case, "nobody", PATHS, with(""));
        // `openssl passwd -6 -salt saltsalt password`
        let hash = "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";
        for access in ["metrics", "admin"] {
            identities(case, "replace", &json!({"ann": {"access": access, "basic": {"password": hash}}}));
            // ann:password; each password takes a while to compare.
            let some = ["/v1/metrics", "/v1/services", "/v1/health", "/v1/plan?format=yaml", "/v1/exec"];
            each(case, access, &some, with("YW5uOnBhc3N3b3Jk"));
        }
        identities(case, "replace", &json!({"ann": {"access": "metrics", "basic": {"password": hash}}}));
        // A wrong password, an unknown name, and no base64.
        for credentials in ["YW5uOndyb25n", "Ym9iOnBhc3N3b3Jk", "!"] {
            let answer = with(credentials)(case, "GET /v1/metrics", "", b"");
            case.note(credentials, short(&answer));
        }
    });
}

#[test]
fn identities_are_added_changed_and_refused() {
    let (how, _) = over("--http");
    case_with("identities", how, |case| {
        let hash = "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";
        let local = |access: &str, user: u32| json!({"access": access, "local": {"user-id": user}});
        for (action, named) in [
            ("dance", json!({})),
            ("add", json!({})),
            ("add", json!({"bob": null})),
            ("add", json!({"bob": {}})),
            ("add", json!({"bob": {"access": "read"}})),
            ("add", json!({"bob": {"local": {"user-id": 42}}})),
            ("add", json!({"bob": {"access": "dance", "local": {"user-id": 42}}})),
            ("add", json!({"bob": {"access": "read", "local": {}}})),
            ("add", json!({"bob": {"access": "read", "basic": {}}})),
            ("add", json!({"bob": {"access": "read", "basic": {"password": "plain"}}})),
            ("add", json!({"bob": {"access": "read", "cert": {"pem": ""}}})),
            ("add", json!({"": local("read", 42)})),
            ("add", json!({"a b": local("read", 42)})),
            ("add", json!({"b.c@d-e_f": local("read", 41)})),
            ("add", json!({"bob": local("read", 42)})),
            ("add", json!({"bob": local("read", 42)})),
            ("add", json!({"mary": local("admin", 42)})),
            ("add", json!({"ann": {"access": "metrics", "basic": {"password": hash}}})),
            ("update", json!({"none": local("read", 77)})),
            ("update", json!({"bob": null})),
            ("update", json!({"bob": local("untrusted", 1000)})),
            ("replace", json!({"olga": local("read", 99), "b.c@d-e_f": null})),
            ("replace", json!({"none": null})),
            ("remove", json!({"none": null})),
            ("remove", json!({"bob": local("read", 42)})),
            ("remove", json!({"olga": null})),
            ("remove", json!({})),
        ] {
            identities(case, action, &named);
        }
        case.get("/v1/identities");
        case.stop();
        case.start_again();
        case.get("/v1/identities");
        case.post("/v1/pairing", &json!({"action": "pair"}));
        case.post("/v1/pairing", &json!({"action": "dance"}));
    });
}
