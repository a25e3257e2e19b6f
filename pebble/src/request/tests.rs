use std::collections::BTreeMap;

use http::header::ACCEPT;
use proptest::prelude::{prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::*;
use crate::plan::Service;
use crate::types::{MakeDir, NoticeType, NoticesFilter, Notify, Terminal, WriteFile};

fn line(built: Built) -> String {
    let request = built.unwrap();
    assert_eq!(request.headers()[HOST], "localhost");
    format!("{} {}", request.method(), request.uri())
}

fn body(built: Built) -> Value {
    let request = built.unwrap();
    assert_eq!(request.headers()[CONTENT_TYPE], "application/json");
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn a_layer_travels_without_the_characters_that_yaml_readers_fold() {
    let service = Service { summary: "a\u{85}b\u{2028}c\u{7f}d".to_owned(), ..Service::default() };
    let layer = Layer { services: [("web".to_owned(), service)].into(), ..Layer::default() };
    let body = String::from_utf8(add_layer("charm", &layer, true, false).unwrap().body().to_vec()).unwrap();
    assert!(body.is_ascii(), "{body}");
}

#[test]
fn reads_are_gets_with_their_parameters_in_the_query() {
    let id = ChangeId::from("12");
    let filter = NoticesFilter {
        types: vec![NoticeType::Custom, NoticeType::Warning],
        keys: vec!["example.com/a".to_owned()],
        after: Some("2026-01-02T03:04:05+01:00".into()),
        all_users: true,
        user_id: Some(7),
    };
    let cases = [
        (system_info(), "GET /v1/system-info"),
        (metrics(), "GET /v1/metrics"),
        (identities(), "GET /v1/identities"),
        (notice("7"), "GET /v1/notices/7"),
        (follow_logs(&["web", "db"], 0), "GET /v1/logs?services=web%2Cdb&n=0&follow=true"),
        (health(HealthLevel::Any, &[]), "GET /v1/health"),
        (health(HealthLevel::Ready, &["a", "b"]), "GET /v1/health?level=ready&names=a%2Cb"),
        (checks(HealthLevel::Alive, &[]), "GET /v1/checks?level=alive"),
        (plan(), "GET /v1/plan?format=yaml"),
        (services(&[]), "GET /v1/services"),
        (services(&["web"]), "GET /v1/services?names=web"),
        (changes(ChangeSelect::All, Some("web")), "GET /v1/changes?select=all&for=web"),
        (change(&id), "GET /v1/changes/12"),
        (change(&ChangeId::from("../plan?x")), "GET /v1/changes/..%2Fplan%3Fx"),
        (wait_change(&id, Duration::from_millis(1500)), "GET /v1/changes/12/wait?timeout=1500000us"),
        (wait_change(&id, Duration::ZERO), "GET /v1/changes/12/wait?timeout=1us"),
        (notices(&NoticesFilter::default()), "GET /v1/notices"),
        (wait_notices(&NoticesFilter::default(), Duration::from_secs(1)), "GET /v1/notices?timeout=1000000us"),
        (
            notices(&filter),
            "GET /v1/notices?users=all&user-id=7&types=custom&types=warning&keys=example.com%2Fa&after=2026-01-02T03%3A04%3A05%2B01%3A00",
        ),
        (logs(&["web"], 30), "GET /v1/logs?services=web&n=30"),
        (list_files("/a b", Some("*.py"), true), "GET /v1/files?action=list&path=%2Fa%20b&pattern=%2A.py&itself=true"),
        (read_files(&["/ü", "/b"]), "GET /v1/files?action=read&path=%2F%C3%BC&path=%2Fb"),
    ];
    for (built, expected) in cases {
        assert_eq!(line(built), expected);
    }
}

#[test]
fn a_file_is_read_as_multipart() {
    assert_eq!(read_files(&["/x"]).unwrap().headers()[ACCEPT], "multipart/form-data");
}

#[test]
fn writes_are_posts_with_what_is_unset_left_out() {
    let id = ChangeId::from("12");
    let repeat =
        Notify { key: "example.com/x".to_owned(), repeat_after: Some(Duration::from_secs(60)), ..Notify::default() };
    let owner = MakeDir {
        make_parents: true,
        permissions: Some(0o75),
        user_id: Some(1),
        group: Some("g".to_owned()),
        ..MakeDir::default()
    };
    let cases = [
        (services_action(ServicesVerb::Replan, &[]), "/v1/services", json!({"action": "replan"})),
        (
            services_action(ServicesVerb::Start, &["a", "b"]),
            "/v1/services",
            json!({"action": "start", "services": ["a", "b"]}),
        ),
        (start_checks(&["a"]), "/v1/checks", json!({"action": "start", "checks": ["a"]})),
        (stop_checks(&["a"]), "/v1/checks", json!({"action": "stop", "checks": ["a"]})),
        (refresh_check("a"), "/v1/checks/refresh", json!({"name": "a"})),
        (pair(), "/v1/pairing", json!({"action": "pair"})),
        (remove_identities(&["bob"]), "/v1/identities", json!({"action": "remove", "identities": {"bob": null}})),
        (abort_change(&id), "/v1/changes/12", json!({"action": "abort"})),
        (signal(Signal::Hup, &["a"]), "/v1/signals", json!({"signal": "SIGHUP", "services": ["a"]})),
        (
            notify(&repeat),
            "/v1/notices",
            json!({"action": "add", "type": "custom", "key": "example.com/x", "repeat-after": "60000000us"}),
        ),
        (
            make_dirs(&[("/d", &owner)]),
            "/v1/files",
            json!({"action": "make-dirs", "dirs": [
                {"path": "/d", "make-parents": true, "permissions": "075", "user-id": 1, "group": "g"}]}),
        ),
        (remove(&["/d"], true), "/v1/files", json!({"action": "remove", "paths": [{"path": "/d", "recursive": true}]})),
    ];
    for (built, path, expected) in cases {
        assert_eq!(built.as_ref().unwrap().uri(), path);
        assert_eq!(built.as_ref().unwrap().method(), Method::POST);
        assert_eq!(body(built), expected);
    }
}

#[test]
fn a_layer_travels_as_json_text_called_yaml() {
    let sent = body(add_layer("app", &Layer::default(), true, false));
    assert_eq!((&sent["action"], &sent["combine"], &sent["label"]), (&json!("add"), &json!(true), &json!("app")));
    assert_eq!(sent["format"], "yaml");
    assert_eq!(sent.get("inner"), None);
    assert_eq!(body(add_layer("a/b", &Layer::default(), false, true))["inner"], true);
    let layer: Value = serde_json::from_str(sent["layer"].as_str().unwrap()).unwrap();
    assert!(layer.is_object());
}

#[test]
fn a_command_travels_with_its_settings() {
    let options = ExecOptions {
        service_context: Some("web".to_owned()),
        environment: [("A".to_owned(), "1".to_owned())].into_iter().collect(),
        working_dir: Some("/srv".to_owned()),
        timeout: Some(Duration::from_secs(2)),
        user: Some("u".to_owned()),
        group_id: Some(0),
        ..ExecOptions::new(["sh", "-c", "true"])
    };
    let expected = json!({
        "command": ["sh", "-c", "true"], "service-context": "web", "environment": {"A": "1"}, "working-dir": "/srv",
        "timeout": "2000000us", "user": "u", "group-id": 0, "split-stderr": true,
    });
    assert_eq!(body(exec(&options)), expected);
    let combined = ExecOptions { combine_stderr: true, ..ExecOptions::new(["true"]) };
    assert_eq!(body(exec(&combined)), json!({"command": ["true"]}));
    let terminal = Some(Terminal { width: 80, height: 24, interactive: true });
    let expected = json!({"command": ["top"], "terminal": true, "interactive": true, "width": 80, "height": 24});
    assert_eq!(body(exec(&ExecOptions { terminal, ..ExecOptions::new(["top"]) })), expected);
}

#[test]
fn a_file_is_written_as_multipart_with_its_metadata_first() {
    let request = write_file("frontier").unwrap();
    assert_eq!(request.headers()[CONTENT_TYPE], "multipart/form-data; boundary=frontier");
    let options =
        WriteFile { make_dirs: true, permissions: Some(0o600), user: Some("u".to_owned()), ..WriteFile::default() };
    let expected =
        json!({"action": "write", "files": [{"path": "/f", "make-dirs": true, "permissions": "600", "user": "u"}]});
    assert_eq!(serde_json::to_value(write_items(vec![write_item("/f", &options)])).unwrap(), expected);
}

#[test]
fn a_request_longer_than_http_allows_is_an_error_and_no_panic() {
    let error = read_files(&[&"x".repeat(70_000)]).unwrap_err();
    assert_eq!(error.to_string(), "cannot ask for GET /v1/files: the request is too long");
}

proptest! {
    #[test]
    fn any_text_survives_the_query(path in ".*") {
        let request = list_files(&path, None, false).unwrap();
        let query = request.uri().query().unwrap();
        let escaped = query.split('&').find_map(|pair| pair.strip_prefix("path=")).unwrap();
        prop_assert_eq!(unescaped(escaped), path);
    }
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn notice_data_travels() {
    let data = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let sent = body(notify(&Notify { key: "example.com/x".to_owned(), data, repeat_after: None }));
    assert_eq!(sent["data"], json!({"k": "v"}));
    assert_eq!(sent.get("repeat-after"), None);
}
