//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::{RelationId, UnitName};
use proptest::prelude::*;

use super::provider::Primary;
use super::*;
use crate::example::Example;
use crate::trial::{self, said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/redis.json"))
}

/// The requirer's view of these units, and of the name the leader gave.
fn cache(leader_host: &str, units: &[(u32, &str, &str)]) -> View {
    let unit = |&(number, host, port): &(u32, &str, &str)| {
        (UnitName::new("redis-k8s", number), Databag::from_iter([(HOST, host), (PORT, port)]))
    };
    View { units: units.iter().map(unit).collect(), ..view(&[(LEADER_HOST, leader_host)]) }
}

#[test]
fn the_documented_example_is_read() {
    for unit in ["my-app/0", "my-app/1"] {
        assert_eq!(read(&example().requirer(unit, false)), Read::Ready(example().result("url").to_owned()));
    }
}

#[test]
fn the_documented_example_is_answered() {
    let primary =
        Primary { hostname: "10.1.0.21".into(), port: 6379, leader_host: "redis-k8s-0.redis-k8s-endpoints".into() };
    for (unit, leads) in [("redis-k8s/0", true), ("redis-k8s/1", false)] {
        let (fresh, old) = (example().provider(unit, true), example().provider(unit, false));
        let answer = provider::answer(&fresh, &primary);
        assert_eq!(written(&answer.app, &Databag::new()), old.local_app.clone().unwrap_or_default());
        assert_eq!((written(&answer.unit, &Databag::new()), answer.app.is_empty()), (old.local_unit.clone(), !leads));
        assert!(provider::answer(&old, &primary).is_empty(), "a second time there is nothing to write");
    }
}

#[test]
fn complete_partial_and_bad_data() {
    type Case = (&'static str, &'static [(u32, &'static str, &'static str)], &'static str);
    let table: &[Case] = &[
        ("", &[], "waiting port"),
        ("h", &[], "waiting port"),
        ("", &[(0, "", "")], "waiting port"),
        ("", &[(0, "h", "")], "waiting port"),
        ("", &[(0, "", "1")], "waiting hostname"),
        ("", &[(0, "h", "1")], "redis://h:1"),
        ("l", &[(0, "h", "1")], "redis://l:1"),
        ("l", &[(0, "", "1")], "redis://l:1"),
        ("", &[(0, "fe80::1", "1")], "redis://[fe80::1]:1"),
        // The lowest number that says enough, and 2 is lower than 10.
        ("", &[(10, "ten", "1"), (2, "two", "1"), (0, "zero", ""), (1, "", "1")], "redis://two:1"),
        ("", &[(0, "h", "redis")], "invalid port: it is not a port's number"),
        ("", &[(0, "h", "0")], "invalid port: it is not a port's number"),
        ("", &[(0, "h", "65536")], "invalid port: it is not a port's number"),
        ("", &[(0, "h/x", "1")], "invalid hostname: it is not the name or address of a host"),
        ("l@x", &[(0, "h", "1")], "invalid leader-host: it is not the name or address of a host"),
        ("l\n", &[(0, "h", "1")], "invalid leader-host: it has a control character"),
    ];
    for (leader, units, expected) in table {
        assert_eq!(said(&read(&cache(leader, units)), String::clone), *expected, "{leader} {units:?}");
    }
    assert_eq!(read(&View::empty("redis", RelationId(9))), Read::Absent);
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&[LEADER_HOST]),
        unit in trial::databag(&[HOST, PORT]),
    ) {
        let mut view = view(&[]);
        view.remote_app = app;
        view.units = [("redis/0".parse().unwrap(), unit)].into();
        if let Read::Ready(url) = read(&view) {
            let uri = uri::Uri::first(&url);
            prop_assert!(uri.hostname.is_some() && uri.port.is_some() && uri.path.is_empty(), "{}", url);
            prop_assert!(!url.contains(|c: char| c.is_control() || c.is_whitespace()));
        }
    }

    #[test]
    fn what_a_provider_answers_a_requirer_reads(hostname in "[a-z0-9.-]{1,20}", port in 1..=u16::MAX, led: bool) {
        let leader_host = if led { "primary".to_owned() } else { String::new() };
        let answer = provider::answer(&trial::leader(&[]), &Primary { hostname: hostname.clone(), port, leader_host });
        let mut ours = view(&[]);
        ours.remote_app = written(&answer.app, &Databag::new());
        ours.units = [("redis/0".parse().unwrap(), written(&answer.unit, &Databag::new()))].into();
        let host = if led { "primary" } else { &hostname };
        prop_assert_eq!(read(&ours), Read::Ready(format!("redis://{host}:{port}")));
    }
}
