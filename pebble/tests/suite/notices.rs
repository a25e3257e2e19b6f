//! Notices.

use std::collections::BTreeMap;
use std::time::Duration;

use pebble::types::{NoticeType, NoticesFilter, Notify};
use serde_json::json;

use crate::case::case;
use crate::raw;

#[test]
fn notices_are_counted_by_key() {
    case("notices", |case| {
        case.get("/v1/notices");
        for body in [
            json!({"action": "add", "type": "custom", "key": "example.com/a"}),
            json!({"action": "add", "type": "custom", "key": "example.com/a", "data": {"k": "v"}}),
            json!({"action": "add", "type": "custom", "key": "example.com/b", "repeat-after": "1h"}),
            json!({"action": "add", "type": "custom", "key": "example.com/b", "repeat-after": "1h"}),
            json!({"action": "add", "type": "custom", "key": "nonsense"}),
            json!({"action": "add", "type": "custom", "key": ""}),
            json!({"action": "add", "type": "custom", "key": format!("example.com/{}", "x".repeat(300))}),
            json!({"action": "add", "type": "custom", "key": "example.com/c", "repeat-after": "nonsense"}),
            json!({"action": "add", "type": "custom", "key": "example.com/c", "data": {"k": 1}}),
            json!({"action": "add", "type": "custom", "key": "example.com/c", "data": {"k": "x".repeat(5000)}}),
            json!({"action": "add", "type": "warning", "key": "example.com/c"}),
            json!({"action": "remove", "type": "custom", "key": "example.com/a"}),
        ] {
            case.post("/v1/notices", &body);
        }
        for query in [
            "",
            "?types=custom",
            "?types=warning",
            "?types=nonsense",
            "?keys=example.com/a",
            "?keys=example.com/a,example.com/b",
            "?users=all",
            "?users=some",
            "?user-id=4000000",
            "?user-id=1,2",
            "?user-id=x",
            "?users=all&user-id=0",
            "?after=nonsense",
            "?after=2000-01-01T00:00:00Z",
            "?after=2999-01-01T00:00:00Z",
            "?timeout=nonsense",
            "?after=2999-01-01T00:00:00Z&timeout=20ms",
        ] {
            case.get(&format!("/v1/notices{query}"));
        }
        let own = format!("GET /v1/notices?user-id={}", rustix::process::geteuid().as_raw());
        let mine = raw::request(&case.socket(), &own, "", b"");
        case.heard("GET /v1/notices of the own user", &mine);
        case.get("/v1/notices/1");
        case.get("/v1/notices/999");
    });
}

#[test]
fn the_client_notes_and_lists() {
    case("notices-typed", |case| {
        let client = case.client();
        let data = BTreeMap::from([("path".to_owned(), "/x".to_owned())]);
        let notice = Notify { key: "example.com/done".to_owned(), data, repeat_after: Some(Duration::from_secs(60)) };
        case.typed("notify", client.notify(&notice).map(drop)).unwrap();
        case.typed("notify badly", client.notify(&Notify { key: "bad".to_owned(), ..Notify::default() })).unwrap_err();
        let filter =
            NoticesFilter { types: vec![NoticeType::Custom], keys: vec![notice.key], ..NoticesFilter::default() };
        case.typed("notices", client.notices(&filter)).unwrap();
    });
}

#[test]
fn changes_are_noticed_and_notices_outlive_the_daemon() {
    case("notices-changes", |case| {
        case.layer("a", "services: {b: {override: replace, command: 'false', backoff-delay: 1h}}");
        case.services("start", &["b"]);
        case.post("/v1/notices", &json!({"action": "add", "type": "custom", "key": "example.com/a"}));
        case.get("/v1/notices?types=change-update&users=all");
        case.stop();
        case.start_again();
        case.get("/v1/notices?users=all");
    });
}
