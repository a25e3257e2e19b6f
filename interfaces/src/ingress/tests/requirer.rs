//! The requirer's half: what it reads, what it writes.

use super::*;

#[test]
fn the_documented_example_is_read() {
    for unit in ["my-app/0", "my-app/1"] {
        let found = read(&example().requirer(unit, false));
        assert_eq!(found, Read::Ready(example().result("base_url").into()));
    }
}

#[test]
fn the_documented_example_is_written_byte_for_byte() {
    for (number, unit) in [(0, "my-app/0"), (1, "my-app/1")] {
        let (fresh, old) = (example().requirer(unit, true), example().requirer(unit, false));
        let changes = request(&fresh, &our_request(number));
        assert_eq!(written(&changes.unit, &Databag::new()), old.local_unit);
        assert_eq!(written(&changes.app, &Databag::new()), old.local_app.clone().unwrap_or_default());
        assert!(request(&old, &our_request(number)).is_empty(), "a second time there is nothing to write");
    }
}

/// Values of the provider's key, and the requirer's readings of them.
const READS: &[(&str, &str)] = &[
    ("", "waiting ingress"),
    ("null", "waiting ingress"),
    ("{}", "waiting ingress"),
    (r#"{"url": null}"#, "waiting ingress"),
    (r#"{"url": ""}"#, "waiting ingress"),
    (r#"{"url": "http://h"}"#, "http://h"),
    (r#"{"url": "http://h/", "other": [1]}"#, "http://h/"),
    (r#"{"url": "HTTPS://Shop.Example:8443/Web-Shop/?a=b#c"}"#, "HTTPS://Shop.Example:8443/Web-Shop/?a=b#c"),
    (r#"{"url": "http://[FE80::1]:80/x"}"#, "http://[FE80::1]:80/x"),
    (r#"{"url": "http://me:secret@h:/x"}"#, "http://me:secret@h:/x"),
    (r#"{"url": "http://h/a,http://i/b"}"#, "http://h/a,http://i/b"),
    (r#"{"url": "http:\/\/m\u00fcnchen.example"}"#, "http://münchen.example"),
    ("{", "invalid ingress: it is not JSON"),
    ("http://h", "invalid ingress: it is not JSON"),
    (r#"{"url": "http://h"} x"#, "invalid ingress: it is not JSON"),
    ("{\"url\": \"http://h/\n\"}", "invalid ingress: it is not JSON"),
    (r#"{"url": "\ud800"}"#, "invalid ingress: it is not JSON"),
    (r#""http://h""#, "invalid ingress: it is not an object"),
    (r#"["http://h"]"#, "invalid ingress: it is not an object"),
    ("7", "invalid ingress: it is not an object"),
    (r#"{"url": 7}"#, "invalid ingress: its url is not a text"),
    (r#"{"url": ["http://h"]}"#, "invalid ingress: its url is not a text"),
    (r#"{"url": "http://h/\n"}"#, "invalid ingress: its url has a blank or a control character"),
    (r#"{"url": "http://h/\u0000"}"#, "invalid ingress: its url has a blank or a control character"),
    (r#"{"url": " http://h/"}"#, "invalid ingress: its url has a blank or a control character"),
    (r#"{"url": "http://h/a b"}"#, "invalid ingress: its url has a blank or a control character"),
    (r#"{"url": "h"}"#, "invalid ingress: its url is not an http or https address"),
    (r#"{"url": "/web-shop"}"#, "invalid ingress: its url is not an http or https address"),
    (r#"{"url": "//h/web-shop"}"#, "invalid ingress: its url is not an http or https address"),
    (r#"{"url": "http:/h"}"#, "invalid ingress: its url is not an http or https address"),
    (r#"{"url": "ftp://h"}"#, "invalid ingress: its url is not an http or https address"),
    (r#"{"url": "javascript:alert(1)//://"}"#, "invalid ingress: its url is not an http or https address"),
];

#[test]
fn complete_partial_and_bad_data() {
    for (answer, expected) in READS {
        let found = read(&view(&[("ingress", answer), ("port", "not JSON")]));
        assert_eq!(said(&found, |url| url.as_str().to_owned()), *expected, "{answer}");
    }
}

#[test]
fn a_url_needs_a_host_and_at_most_a_port() {
    let bad = [
        "http://",
        "http:///x",
        "http://?x",
        "http://u@/x",
        "http://:80/x",
        "http://h:http/x",
        "http://h:65536/x",
        "http://h:+1/x",
        "http://h:1:2/x",
        "http://h::1/x",
        "http://::1/x",
        "http://[::1/x",
        "http://[h]/x",
        "http://[::1]h/x",
        "http://h[::1]/x",
        "http://h,i/x",
        "http://h\\@i/x",
        "http://h\\i/x",
        "http://<h>/x",
    ];
    for url in bad {
        assert_eq!(check(url), Err("has no valid host and port"), "{url}");
    }
}

#[test]
fn without_a_provider_it_is_absent() {
    assert_eq!(read(&View::empty("ingress", RelationId(3))), Read::Absent);
    assert_eq!(read(&view(&[])), Read::Waiting("ingress".into()));
}

#[test]
fn huge_answers_are_refused() {
    let url = |length: usize| format!("http://h/{}", "x".repeat(length - "http://h/".len()));
    let longest = format!(r#"{{"url": "{}"}}"#, url(MAX_URL_BYTES));
    assert_eq!(read(&view(&[("ingress", &longest)])), Read::Ready(url(MAX_URL_BYTES).into()));
    let longer = format!(r#"{{"url": "{}"}}"#, url(MAX_URL_BYTES + 1));
    let nested = format!(r#"{{"url": {}"#, "[".repeat(10_000));
    let cases = [
        (longer, "invalid ingress: its url is longer than 8 KiB"),
        (format!(r#"{{"url": "{}"}}"#, url(16 << 20)), "invalid ingress: it is longer than 64 KiB"),
        (format!(r#"{{"x": [{}0]}}"#, "0,".repeat(8 << 20)), "invalid ingress: it is longer than 64 KiB"),
        (nested, "invalid ingress: it is nested more than 32 levels deep"),
    ];
    for (answer, expected) in cases {
        assert_eq!(said(&read(&view(&[("ingress", &answer)])), |url| url.as_str().to_owned()), expected);
    }
}

#[test]
fn a_complaint_does_not_show_the_value() {
    let answers = [
        "hunter2",
        r#""hunter2""#,
        r#"["hunter2"]"#,
        r#"{"url": ["hunter2"]}"#,
        r#"{"url": "hunter2"}"#,
        r#"{"url": "http://me:hunter2@"}"#,
        r#"{"url": "http://h/hunter2\n"}"#,
    ];
    for answer in answers {
        let view = view(&[("ingress", answer), ("port", answer)]);
        let (found, asked) = (read(&view), provider::read(&view));
        assert!(matches!(&found, Read::Invalid { key, .. } if key == "ingress"), "{answer}: {found:?}");
        assert!(matches!(&asked, Read::Invalid { key, .. } if key == "port"), "{answer}: {asked:?}");
        let shown = format!("{found:?} {asked:?} {view:?} {:?}", request(&view, &our_request(0)));
        assert!(!shown.contains("hunter2"), "{answer}: {shown}");
    }
}

#[test]
fn only_what_differs_from_the_default_is_written() {
    let mut leader = view(&[]);
    leader.local_app = Some(Databag::new());
    let keys = |change: fn(&mut Request)| {
        let mut wanted = our_request(0);
        change(&mut wanted);
        let changes = request(&leader, &wanted);
        let (app, unit) = (written(&changes.app, &Databag::new()), written(&changes.unit, &Databag::new()));
        let join = |bag: &Databag| bag.keys().cloned().collect::<Vec<_>>().join(" ");
        format!("{} | {}", join(&app), join(&unit))
    };
    assert_eq!(keys(|_| ()), "is_port_open model name port strip-prefix | host ip");
    assert_eq!(keys(|wanted| wanted.is_port_open = false), "model name port strip-prefix | host ip");
    assert_eq!(keys(|wanted| wanted.strip_prefix = false), "is_port_open model name port | host ip");
    assert_eq!(
        keys(|wanted| wanted.redirect_https = true),
        "is_port_open model name port redirect-https strip-prefix | host ip"
    );
    assert_eq!(
        keys(|wanted| wanted.scheme = Scheme::H2c),
        "is_port_open model name port scheme strip-prefix | host ip"
    );
    assert_eq!(keys(|wanted| wanted.ip = None), "is_port_open model name port strip-prefix | host");
}

#[test]
fn stale_keys_of_the_protocol_go_and_others_stay() {
    let juju = [("egress-subnets", "10.1.0.7/32"), ("ingress-address", "10.1.0.7"), ("private-address", "10.1.0.7")];
    let mut leader = view(&[]);
    leader.local_unit = Databag::from_iter(juju.into_iter().chain([("ip", "\"10.1.0.99\""), ("host", "\"old\"")]));
    leader.local_app = Some(Databag::from_iter([
        ("is_port_open", "true"),
        ("redirect-https", "true"),
        ("scheme", "\"https\""),
        ("healthcheck_params", "{\"path\": \"/\"}"),
        ("port", "80"),
        ("other", "1"),
    ]));
    let changes = request(&leader, &Request { is_port_open: false, ip: None, ..our_request(0) });
    let app = written(&changes.app, leader.local_app.as_ref().unwrap());
    let expected =
        [("model", "\"my-model\""), ("name", "\"my-app\""), ("other", "1"), ("port", "8080"), ("strip-prefix", "true")];
    assert_eq!(app, Databag::from_iter(expected));
    let host = ("host", "\"my-app-0.my-app-endpoints.my-model.svc.cluster.local\"");
    assert_eq!(written(&changes.unit, &leader.local_unit), Databag::from_iter(juju.into_iter().chain([host])));
}

#[test]
fn a_pod_with_another_address_says_so() {
    let old = example().requirer("my-app/1", false);
    let moved = Request { ip: Some("fd00::1".parse().unwrap()), ..our_request(1) };
    let changes = request(&old, &moved);
    assert!(changes.app.is_empty(), "this unit doesn't lead");
    let unit = changes.unit.texts();
    assert_eq!(unit, Databag::from_iter([("ip", "\"fd00::1\"")]));
}
