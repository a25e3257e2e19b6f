use std::time::Duration;

use proptest::prelude::{any, prop, prop_assert, proptest};

use crate::scripted::{Step, begun, client, http, refused, sync};
use crate::types::{ChangeId, ChangeSelect, HealthLevel, LogEntry, ServiceStatus, Signal};
use crate::{Error, Garbage};

use super::open;

#[tokio::test]
async fn a_result_is_read_out_of_its_envelope() {
    let (client, heard) = client(vec![vec![sync(r#"{"version":"v1.32.1","boot-id":"b","new-field":[1]}"#)]]);
    let info = client.system_info().await.unwrap();
    assert_eq!((info.version.as_str(), info.boot_id.as_str(), info.http_address), ("v1.32.1", "b", None));
    assert_eq!(*heard.lock().unwrap(), ["GET /v1/system-info"]);
}

#[tokio::test]
async fn one_connection_serves_all_requests_and_each_is_counted() {
    let (client, _) = client(vec![vec![sync("[]"), sync("[]"), sync(r#"{"healthy":true}"#)]]);
    assert!(client.services(&[]).await.unwrap().is_empty());
    assert!(client.checks(HealthLevel::Any, &[]).await.unwrap().is_empty());
    assert!(client.health(HealthLevel::Alive, &[]).await.unwrap());
    assert_eq!(client.requests(), 3);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_without_a_word() {
    let (client, heard) = client(vec![vec![sync("[]")], vec![sync("[]")], vec![sync("true")]]);
    client.services(&[]).await.unwrap();
    client.services(&[]).await.unwrap();
    client.signal(Signal::Hup, &["web"]).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 3);
}

/// A connection that reads the request and closes without an answer.
fn close() -> Step {
    Step::Say(Vec::new())
}

#[tokio::test]
async fn a_read_is_tried_once_more_when_the_kept_connection_swallowed_it() {
    let (client, heard) = client(vec![vec![sync("[]"), close()], vec![sync("[]")]]);
    client.services(&[]).await.unwrap();
    client.services(&[]).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 3);
    assert_eq!(client.requests(), 3);
}

#[tokio::test]
async fn a_write_is_never_sent_twice() {
    let (client, heard) = client(vec![vec![sync("[]"), close()], vec![begun("1", "null")]]);
    client.services(&[]).await.unwrap();
    let error = client.restart(&["web"], Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
    assert!(error.is_unreachable());
    assert_eq!(heard.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_daemon_that_is_away_is_told_from_one_that_dies_midway() {
    let (client, _) = client(vec![
        vec![close()],
        vec![Step::Say(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"type\"".to_vec(),
        )],
    ]);
    for _ in 0..2 {
        let error = client.services(&[]).await.unwrap_err();
        assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
        assert_eq!(error.to_string(), "cannot finish GET /v1/services: Pebble went away midway");
    }
    let error = client.services(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(error.is_unreachable());
    assert_eq!(error.to_string(), "cannot connect to Pebble at /script");
}

#[tokio::test]
async fn each_kind_of_garbage_has_its_error() {
    const JSON: &str = "application/json";
    let other_type =
        format!("its content type is \"{}...{}\" and not application/json", "x".repeat(60), "x".repeat(40));
    let cases: Vec<(Step, &str)> = vec![
        (Step::Say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()), "it is not HTTP"),
        (
            Step::Say(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
                    .to_vec(),
            ),
            "it is not HTTP",
        ),
        (http(200, "text/html; charset=utf-8", "<html>"), "its content type is \"text/html\" and not application/json"),
        (http(200, JSON, r#"{"type":"sync","result":[{"#), "its JSON ends too early, at line 1 column 26"),
        (http(200, JSON, ""), "its JSON ends too early, at line 1 column 0"),
        (http(200, JSON, "<html>"), "it is not JSON at line 1 column 1"),
        (http(200, JSON, "[]"), "it lacks Pebble's envelope"),
        (http(200, JSON, "{}"), "it lacks Pebble's envelope"),
        (http(200, JSON, r#"{"type":"sync","result":{"a":1}}"#), "it lacks a list of services"),
        (http(500, JSON, r#"{"type":"error","result":7}"#), "it lacks the reason of its error"),
        (http(200, JSON, &"x".repeat(10_001)), "it is longer than 10000 bytes"),
        (sync(&format!("[{}{{}}]", "{},".repeat(600))), "it has more than 1000 values"),
        (sync(&format!("[{}0]", r#"{"":[]},"#.repeat(400))), "it has more than 1000 values"),
        (
            http(500, JSON, &format!(r#"{{"type":"error","result":[{}0]}}"#, "0,".repeat(1000))),
            "it has more than 1000 values",
        ),
        (http(200, &"x".repeat(5000), "x"), &other_type),
    ];
    for (step, expected) in cases {
        let (client, _) = client(vec![vec![step]]);
        let error = client.services(&[]).await.unwrap_err();
        let Error::Protocol { what, source } = error else { panic!("{expected}: {error:?}") };
        assert_eq!((what.as_str(), source.to_string().as_str()), ("GET /v1/services", expected));
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_and_its_connection_closed() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let (client, heard) = client(vec![vec![Step::Repeat(head, b"4\r\n    \r\n".to_vec())]]);
    let error = client.services(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Protocol { source: Garbage::TooLong { limit: 10_000 }, .. }), "{error:?}");
    while heard.lock().unwrap().last().unwrap() != "hung up" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_says_nothing_or_trickles_is_given_up() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{".to_vec();
    for step in [Step::Deaf, Step::Hang, Step::Trickle(half)] {
        let (client, _) = client(vec![vec![step]]);
        let error = client.services(&[]).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot finish GET /v1/services within 30s");
    }
}

#[tokio::test]
async fn a_refusal_keeps_kind_status_and_message() {
    let (client, _) =
        client(vec![vec![refused(400, "no-default-services", "no default services"), refused(404, "", "no change")]]);
    let error = client.autostart(Duration::from_secs(1)).await.unwrap_err();
    assert!(matches!(&error, Error::Api { kind, status: 400, .. } if kind == "no-default-services"), "{error:?}");
    assert_eq!(error.to_string(), "Pebble refused the request (400): no default services");
    assert!(client.change(&ChangeId::from("9")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_message_without_end_is_told_by_its_ends() {
    let message = "x".repeat(9000);
    let (client, _) = client(vec![vec![refused(400, "", &message)]]);
    let error = client.services(&[]).await.unwrap_err();
    assert_eq!(error.to_string().len(), "Pebble refused the request (400): ".len() + 4096 + "...".len());
    assert!(matches!(error, Error::Api { message: whole, .. } if whole == message));
}

#[tokio::test]
async fn unhealthy_is_an_answer_though_its_status_is_502() {
    let body = r#"{"type":"sync","status-code":502,"result":{"healthy":false}}"#;
    let (client, _) = client(vec![vec![http(502, "application/json", body)]]);
    assert!(!client.health(HealthLevel::Ready, &["up"]).await.unwrap());
}

#[tokio::test]
async fn services_come_with_words_we_know_and_words_we_do_not() {
    let (client, _) = client(vec![vec![sync(
        r#"[{"name":"a","startup":"enabled","current":"active","current-since":"2026-01-02T03:04:05Z"},{"name":"b","current":"frozen"}]"#,
    )]]);
    let services = client.services(&[]).await.unwrap();
    assert!(services[0].is_running());
    assert_eq!(services[1].current, ServiceStatus::Unknown);
}

#[tokio::test]
async fn a_failed_change_is_an_error_with_its_tasks_logs() {
    let change = r#"{"id":"7","kind":"start","summary":"s","status":"Error","ready":true,"err":"no luck","data":null,
        "tasks":[{"id":"1","log":["t INFO first","t ERROR second"]},{"id":"2","status":"Hold"}]}"#;
    let (client, heard) = client(vec![vec![begun("7", "null"), sync(change)]]);
    let error = client.start(&["web"], Duration::from_secs(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot start (change 7): no luck");
    assert_eq!(error.logs(), ["t INFO first", "t ERROR second"]);
    assert_eq!(heard.lock().unwrap()[1], "GET /v1/changes/7/wait?timeout=9000000us");
}

#[tokio::test]
async fn a_change_that_takes_too_long_is_a_timeout() {
    let (client, _) = client(vec![vec![begun("7", "null"), refused(504, "", "timed out waiting for change after 9s")]]);
    let error = client.start(&["web"], Duration::from_secs(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot finish change 7 within 9s");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_forgets_to_time_out_is_given_up() {
    let (client, _) = client(vec![vec![begun("7", "null"), Step::Hang]]);
    let start = tokio::time::Instant::now();
    let error = client.start(&["web"], Duration::from_secs(9)).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot finish change 7 within 9s");
    assert_eq!(start.elapsed().as_secs(), 39);
}

#[tokio::test]
async fn a_change_that_was_not_begun_is_garbage() {
    let (client, _) = client(vec![vec![sync("null")]]);
    let error = client.replan(Duration::from_secs(9)).await.unwrap_err();
    assert!(matches!(error, Error::Protocol { source: Garbage::Shape(_), .. }), "{error:?}");
}

#[tokio::test]
async fn changes_are_listed() {
    let (client, heard) = client(vec![vec![sync(r#"[{"id":"1"},{"id":"2","ready":true}]"#)]]);
    let changes = client.changes(ChangeSelect::All, None).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.ready).collect::<Vec<_>>(), [false, true]);
    assert_eq!(*heard.lock().unwrap(), ["GET /v1/changes?select=all"]);
}

#[tokio::test]
async fn a_plan_that_is_none_is_garbage_and_none_of_its_text_is_told() {
    let (client, _) = client(vec![vec![sync(r#""services: [s3cret""#)]]);
    let error = client.plan().await.unwrap_err();
    assert!(matches!(error, Error::Protocol { source: Garbage::Plan, .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_plan_that_would_grow_without_end_is_garbage() {
    let bomb = "[\\n".repeat(2_000);
    let (client, _) = client(vec![vec![sync(&format!("\"{bomb}\""))]]);
    let error = client.plan().await.unwrap_err();
    assert!(matches!(error, Error::Protocol { source: Garbage::Plan, .. }), "{error:?}");
}

#[tokio::test]
async fn logs_are_lines_of_json() {
    const LINES: &str = "application/x-ndjson";
    let line = r#"{"time":"t","service":"web","message":"hello"}"#;
    let (client, _) = client(vec![vec![
        http(200, LINES, &format!("{line}\n{line}\n")),
        http(200, LINES, ""),
        http(200, LINES, &format!("{line}\n{{\"time\"")),
        http(200, LINES, &"{}\n".repeat(1001)),
        refused(400, "", "no such service"),
    ]]);
    let entry = LogEntry { time: "t".into(), service: "web".to_owned(), message: "hello".to_owned() };
    assert_eq!(client.logs(&["web"], 9).await.unwrap(), [entry.clone(), entry]);
    assert!(client.logs(&[], 9).await.unwrap().is_empty());
    let cut = client.logs(&[], 9).await.unwrap_err();
    assert!(matches!(cut, Error::Protocol { source: Garbage::Truncated { .. }, .. }), "{cut:?}");
    let many = client.logs(&[], 9).await.unwrap_err();
    assert!(matches!(many, Error::Protocol { source: Garbage::TooMany { limit: 1000 }, .. }), "{many:?}");
    assert!(matches!(client.logs(&["web"], 9).await.unwrap_err(), Error::Api { status: 400, .. }));
}

proptest! {
    #[test]
    fn no_answer_makes_us_panic_or_quotes_itself(text in "[{\\[]?[\\PC\"]{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        open("x", &bytes).ok();
        if let Err(error) = open("x", format!("{text}s3cret").as_bytes()) {
            let told = format!("{error:?}");
            prop_assert!(!told.contains("s3cret"));
        }
    }
}

/// The head of an answer with lines, of which more follow.
fn lines(first: &str) -> Step {
    Step::Say(format!("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n{first}").into_bytes())
}

#[tokio::test]
async fn followed_lines_come_one_by_one_and_end_with_the_daemon() {
    let (client, heard) = client(vec![vec![lines("{\"message\":\"one\"}\n{\"message\":\"two\"}\n")]]);
    let mut followed = client.follow_logs(&["web"], 2).await.unwrap();
    for message in ["one", "two"] {
        assert_eq!(followed.next().await.unwrap().unwrap().message, message);
    }
    assert!(followed.next().await.unwrap().is_none());
    assert!(followed.next().await.unwrap().is_none());
    assert_eq!(*heard.lock().unwrap(), ["GET /v1/logs?services=web&n=2&follow=true"]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_follower_waits_for_the_head_too() {
    let (client, _) = client(vec![vec![Step::Hang]]);
    let mut followed = client.follow_logs(&[], 0).await.unwrap();
    for _ in 0..2 {
        let error = followed.next_within(Duration::from_secs(90)).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot finish GET /v1/logs within 90s");
    }
}

#[tokio::test]
async fn what_is_no_line_is_an_error_of_the_follower() {
    let long = format!("{{\"message\":\"{}\"}}\n", "x".repeat(30_000));
    let cases = [
        (lines("7\n"), "it lacks a log line"),
        (lines("<html>\n"), "it is not JSON at line 1 column 1"),
        (lines(&long), "it is longer than 10000 bytes"),
        (http(200, "text/html", ""), "its content type is \"text/html\" and not application/x-ndjson"),
        (sync("[]"), "it lacks log lines (Sync)"),
    ];
    for (step, expected) in cases {
        let (client, _) = client(vec![vec![step]]);
        let error = client.follow_logs(&[], 0).await.unwrap().next().await.unwrap_err();
        let Error::Protocol { source, .. } = error else { panic!("{expected}: {error:?}") };
        assert_eq!(source.to_string(), expected);
    }
    let (client, _) = client(vec![vec![refused(400, "", "no such n")], vec![lines("{\"message\":")]]);
    let error = client.follow_logs(&[], 0).await.unwrap().next().await.unwrap_err();
    assert!(matches!(error, Error::Api { status: 400, .. }), "{error:?}");
    let error = client.follow_logs(&[], 0).await.unwrap().next().await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
}

#[tokio::test]
async fn metrics_without_a_service_have_no_type() {
    let (client, _) = client(vec![vec![
        http(200, "text/plain; charset=utf-8", "a 1\n"),
        Step::Say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()),
        refused(401, "login-required", "access denied"),
    ]]);
    assert_eq!(client.metrics().await.unwrap(), "a 1\n");
    assert_eq!(client.metrics().await.unwrap(), "");
    assert!(matches!(client.metrics().await, Err(Error::Api { status: 401, .. })));
}
