//! The two halves against the documented example, odd data, and arbitrary data.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::alert_rules::{self, RuleFile};
use crate::example::Example;
use crate::notice::EVENT;
use crate::trial::{self, said, written};

const URL: &str = "http://loki-0.loki-endpoints.cos.svc.cluster.local:3100/loki/api/v1/push";

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/loki-push-api.json"))
}

/// The example's rules.
fn rules() -> Value {
    let content = json!({
        "alert": "ManyErrors", "expr": r#"sum(rate({job=~".+"} |= "ERROR" [5m])) > 1"#, "for": "5m",
        "labels": {"severity": "warning"}, "annotations": {"summary": "errors in the log"},
    });
    let file = RuleFile { stem: "errors".to_owned(), content };
    alert_rules::document(alert_rules::groups(&file, &Topology::example("my-app/0")).unwrap())
}

fn with_endpoint(endpoint: &str) -> View {
    let mut view = trial::view(&[]);
    view.units = [(UnitName::new("loki", 0), Databag::from_iter([(ENDPOINT, endpoint)]))].into();
    view
}

#[test]
fn the_documented_example_is_read_and_written_byte_for_byte() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    assert_eq!(endpoints(&old), [(UnitName::new("loki", 0), Read::Ready(URL.into()))].into());
    assert_eq!(
        written(&request(&fresh, &Topology::example("my-app/0"), &rules()).app, &Databag::new()),
        old.local_app.clone().unwrap()
    );
    assert!(request(&old, &Topology::example("my-app/0"), &rules()).is_empty());
    let follower = View { local_app: None, ..fresh };
    assert!(
        request(&follower, &Topology::example("my-app/0"), &rules()).is_empty(),
        "a unit that does not lead writes nothing"
    );
}

#[test]
fn the_documented_example_is_answered() {
    let fresh = example().provider("loki/0", true);
    let requested = provider::read(&fresh).ready().cloned().unwrap();
    assert_eq!((requested.topology, requested.alert_rules), (Topology::example("my-app/0"), rules()));
    let answer = provider::answer(&fresh, URL, "loki-0.loki-endpoints.cos.svc.cluster.local", "").unwrap();
    assert_eq!(written(&answer.unit, &Databag::new()), example().provider("loki/0", false).local_unit);
    assert!(provider::answer(&fresh, "loki:3100", "loki", "").is_err());
}

#[test]
fn a_verdict_reaches_the_application() {
    let answer = provider::answer(&trial::leader(&[]), URL, "loki", "bad expression").unwrap();
    let event = written(&answer.app, &Databag::new());
    assert_eq!(complaint(&trial::view(&[(EVENT, event.text(EVENT).unwrap())])).as_deref(), Some("bad expression"));
}

#[test]
fn an_endpoint_that_cannot_be_used_is_told_by_its_fault() {
    let deep = format!("{}{}", "[".repeat(50), "]".repeat(50));
    let huge = format!(r#"{{"url": "http://{}"}}"#, "x".repeat(70_000));
    let table = [
        ("", "waiting endpoint"),
        ("null", "waiting endpoint"),
        ("{}", "waiting endpoint"),
        (r#"{"url": ""}"#, "waiting endpoint"),
        ("http://loki:3100", "invalid endpoint: it is not JSON"),
        ("[]", "invalid endpoint: it is not an object"),
        (&deep, "invalid endpoint: it is nested more than 32 levels deep"),
        (&huge, "invalid endpoint: it is longer than 64 KiB"),
        (r#"{"url": 1}"#, "invalid endpoint: its url is not a text"),
        (r#"{"url": "loki:3100"}"#, "invalid endpoint: its url is not an http or https address"),
        ("{\"url\": \"http://loki\\u0000\"}", "invalid endpoint: its url has a blank or a control character"),
    ];
    for (endpoint, expected) in table {
        let read = endpoints(&with_endpoint(endpoint)).into_values().next().unwrap();
        assert_eq!(said(&read, |url| url.to_string()), expected, "{endpoint:.100}");
    }
}

#[test]
fn a_unit_without_an_address_does_not_hide_the_others() {
    let mut view = with_endpoint("{");
    view.units.insert(UnitName::new("loki", 1), Databag::from_iter([(ENDPOINT, r#"{"url": "http://b"}"#)]));
    let ready: Vec<_> = endpoints(&view).into_values().filter_map(|read| read.ready().cloned()).collect();
    assert_eq!(ready, ["http://b".into()]);
}

proptest! {
    #[test]
    fn arbitrary_data_is_read_or_refused(unit in trial::databag(&[ENDPOINT]), app in trial::databag(&[METADATA, RULES, EVENT])) {
        let mut view = trial::view(&[]);
        view.remote_app = app;
        view.units = [(UnitName::new("loki", 0), unit)].into();
        for read in endpoints(&view).into_values() {
            prop_assert!(read.ready().is_none_or(|url| check(url).is_ok()));
        }
        let _ = (provider::read(&view), complaint(&view));
    }
}
