//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;

use super::provider::Protocol;
use super::*;
use crate::example::Example;
use crate::trial::{self, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/tracing.json"))
}

fn view(receivers: &str) -> View {
    trial::view(&[(RECEIVERS, receivers)])
}

/// A receiver of spans by OTLP over HTTP.
fn otlp_http(url: &str) -> String {
    format!(r#"{{"protocol": {{"name": "otlp_http", "type": "http"}}, "url": "{url}"}}"#)
}

#[test]
fn the_documented_example_is_read_and_written_byte_for_byte() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    assert_eq!(read(&old), Read::Ready(example().result("endpoint").into()));
    assert_eq!(written(&request(&fresh).app, &Databag::new()), old.local_app.clone().unwrap());
    assert!(request(&old).is_empty(), "a second time there is nothing to write");
}

#[test]
fn the_documented_example_is_answered_byte_for_byte() {
    let (fresh, old) = (example().provider("tempo/0", true), example().provider("tempo/0", false));
    assert_eq!(provider::read(&old), Read::Ready(vec![Protocol::OtlpHttp]));
    let receivers = [
        (Protocol::OtlpGrpc, "tempo.cos.svc.cluster.local:4317"),
        (Protocol::OtlpHttp, "http://tempo.cos.svc.cluster.local:4318"),
    ];
    let answer = provider::answer(&fresh, &receivers).unwrap();
    assert_eq!(written(&answer.app, &Databag::new()), old.local_app.clone().unwrap());
    assert!(provider::answer(&old, &receivers).unwrap().is_empty());
}

#[test]
fn the_first_receiver_of_the_protocol_is_taken_and_unknown_ones_are_passed_over() {
    let strange = r#"{"protocol": {"name": "pigeon", "type": "air"}, "url": ""}"#;
    let list = format!("[{strange}, {}, {}]", otlp_http("http://A:1/x"), otlp_http("http://b"));
    assert_eq!(read(&view(&list)), Read::Ready("http://a:1/x".into()));
}

#[test]
fn what_cannot_be_used_is_waited_for() {
    let list = |url: &str| format!("[{}]", otlp_http(url));
    let odd = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "http://tempo:4318".to_owned(),
        r#"["otlp_http"]"#.to_owned(),
        r#"[{"protocol": {"name": "otlp_grpc", "type": "grpc"}, "url": "tempo:4317"}]"#.to_owned(),
        list("nope"),
        list("tempo:4318"),
        list("http://tempo:none"),
        list("http://tempo\\n"),
        "[".repeat(70_000),
    ];
    for receivers in odd {
        assert_eq!(read(&view(&receivers)), Read::Waiting("receivers".into()), "{receivers:.80}");
    }
    assert_eq!(read(&View::empty("tracing", RelationId(18))), Read::Absent);
    let mut old = view("");
    old.remote_app = Databag::from_iter([("ingesters", "[]"), ("host", "\"tempo\"")]);
    assert_eq!(read(&old), Read::Waiting("receivers".into()), "an older version of the protocol");
}

#[test]
fn a_unit_that_does_not_lead_writes_nothing() {
    assert!(request(&View::empty("tracing", RelationId(18))).is_empty());
}

#[test]
fn a_provider_reads_what_it_knows_and_refuses_to_publish_nonsense() {
    let table = [
        (r#"["zipkin", "pigeon", "otlp_http", "zipkin"]"#, Read::Ready(vec![Protocol::Zipkin, Protocol::OtlpHttp])),
        ("[]", Read::Ready(vec![])),
        ("", Read::Waiting("receivers".into())),
        ("{}", Read::Invalid { key: "receivers".into(), why: "it is not a list of names".into() }),
    ];
    for (receivers, expected) in table {
        assert_eq!(provider::read(&view(receivers)), expected, "{receivers}");
    }
    for bad in [(Protocol::OtlpHttp, "tempo:4318"), (Protocol::OtlpGrpc, "http://tempo:4317"), (Protocol::Zipkin, "")] {
        assert!(provider::answer(&view(""), &[bad]).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(receivers in any::<String>(), url in "[a-zA-Z:/@?#.0-9 ]{0,30}") {
        for receivers in [receivers, format!("[{}]", otlp_http(&url))] {
            match read(&view(&receivers)) {
                Read::Ready(url) => prop_assert!(check(&url).is_ok() && url.starts_with("http")),
                other => prop_assert_eq!(other, Read::Waiting("receivers".into())),
            }
            let _ = provider::read(&view(&receivers));
        }
    }

    #[test]
    fn what_a_provider_answers_a_requirer_reads(host in "[a-z0-9.-]{1,20}", port: u16, path in "(/[a-z/]{0,9})?") {
        let url = format!("http://{host}:{port}{path}");
        let answer = provider::answer(&view(""), &[(Protocol::OtlpHttp, &url)]).unwrap();
        let mut ours = view("");
        ours.remote_app = written(&answer.app, &Databag::new());
        let path = if path.is_empty() { "/" } else { &path };
        prop_assert_eq!(read(&ours), Read::Ready(format!("http://{host}:{port}{path}").into()));
    }
}
