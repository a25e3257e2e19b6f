//! The two halves against the documented examples, a table of odd data, and arbitrary data.

use juju::{RelationId, UnitName};
use proptest::prelude::*;

use super::provider::Account;
use super::*;
use crate::example::Example;
use crate::trial::{self, leader, said, view, written};

/// Of the provider of Kubernetes, and of that of machines.
fn examples() -> [Example; 2] {
    [include_str!("../../fixtures/rabbitmq.json"), include_str!("../../fixtures/rabbitmq-server.json")]
        .map(Example::parse)
}

fn our_request() -> Request {
    Request { username: "my-app".into(), vhost: "/".into() }
}

/// The requirer's view of these two texts of the application, and of each unit by its number.
fn broker_of(app: [&str; 2], units: &[(u32, &str, &str)]) -> View {
    let bag = |host: &str, password: &str| Databag::from_iter([(HOST, host), (PASSWORD, password)]);
    let units = units.iter().map(|&(number, host, password)| (UnitName::new("rabbitmq", number), bag(host, password)));
    View { units: units.collect(), remote_app: bag(app[0], app[1]), ..view(&[]) }
}

#[test]
fn the_documented_examples_are_read_and_written() {
    let hosts: [&[&str]; 2] = [&["10.1.0.31", "10.1.0.32"], &["10.9.0.4", "10.9.0.5"]];
    for (example, hosts) in examples().iter().zip(hosts) {
        let (fresh, old) = (example.requirer("my-app/0", true), example.requirer("my-app/0", false));
        let broker = read(&old, &our_request()).ready().cloned().expect("everything is there");
        assert_eq!(broker.uri().expose(), example.result("amqp_uri"));
        assert_eq!(broker.password.expose(), example.result("password"));
        assert_eq!(broker.hosts, hosts);
        assert_eq!(broker.uris()[1].expose().split('@').nth(1), Some(format!("{}:5672/%2F", hosts[1]).as_str()));
        assert_eq!(written(&request(&fresh, &our_request()).app, &Databag::new()), old.local_app.clone().unwrap());
        assert!(request(&old, &our_request()).is_empty(), "a second time there is nothing to write");
        assert!(request(&View { local_app: None, ..fresh }, &our_request()).is_empty());
    }
}

#[test]
fn the_documented_example_is_answered() {
    let [example, _] = examples();
    let hostname = "rabbitmq-k8s-endpoints.my-model.svc.cluster.local".to_owned();
    for (unit, unit_hostname) in [("rabbitmq-k8s/0", "10.1.0.31"), ("rabbitmq-k8s/1", "10.1.0.32")] {
        let account =
            Account { hostname: hostname.clone(), unit_hostname: unit_hostname.into(), password: "rM8d".into() };
        let (fresh, old) = (example.provider(unit, true), example.provider(unit, false));
        assert_eq!(provider::read(&fresh), Read::Ready(our_request()));
        let answer = provider::answer(&fresh, &account);
        assert_eq!(written(&answer.app, &Databag::new()), old.local_app.clone().unwrap_or_default());
        assert_eq!(written(&answer.unit, &Databag::new()), old.local_unit);
        assert!(provider::answer(&old, &account).is_empty());
        assert!(!format!("{account:?} {answer:?}").contains("rM8d"));
    }
    assert_eq!(provider::read(&view(&[("username", "u")])), Read::Waiting("vhost".into()));
}

#[test]
fn complete_partial_and_bad_data() {
    type Case = ([&'static str; 2], &'static [(u32, &'static str, &'static str)], &'static str);
    let bad_host = "invalid hostname: it is not the name or address of a host";
    let table: &[Case] = &[
        (["", ""], &[], "waiting hostname"),
        (["h", ""], &[], "waiting password"),
        (["", "p"], &[], "waiting hostname"),
        (["", ""], &[(0, "h", ""), (1, "", "p")], "waiting password"),
        (["h", "p"], &[], "amqp://my-app:p@h:5672/%2F: h"),
        (["h", "p"], &[(0, "a", "q")], "amqp://my-app:p@h:5672/%2F: a"),
        // The lowest number that has both, and 2 is lower than 10; each host once.
        (["h", ""], &[(10, "x", "p"), (2, "w", "p"), (1, "v", ""), (3, "x", "p")], "amqp://my-app:p@w:5672/%2F: v w x"),
        (["fe80::1", "p@/#?"], &[], "amqp://my-app:p%40%2F%23%3F@[fe80::1]:5672/%2F: fe80::1"),
        (["h:1", "p"], &[], bad_host),
        (["h", "p"], &[(0, "a/b", "")], bad_host),
        (["h", "p\n"], &[], "invalid password: it has a control character"),
    ];
    let ready = |found: &Broker| format!("{}: {}", found.uri().expose(), found.hosts.join(" "));
    for (app, units, expected) in table {
        assert_eq!(said(&read(&broker_of(*app, units), &our_request()), ready), *expected, "{app:?} {units:?}");
    }
    assert_eq!(read(&View::empty("rabbitmq", RelationId(10)), &our_request()), Read::Absent);
}

#[test]
fn addresses_that_no_variable_holds_are_refused() {
    let mut remote = view(&[(HOST, "h"), (PASSWORD, &"/".repeat(9000))]);
    let units =
        |count: u32| (0..count).map(|n| (UnitName::new("rabbitmq", n), Databag::from_iter([(HOST, format!("h{n}"))])));
    remote.units = units(2).collect();
    assert_eq!(read(&remote, &our_request()).ready().expect("two are few").hosts, ["h0", "h1"]);
    remote.units = units(3).collect();
    let why = "it makes the addresses of all units longer than 64 KiB";
    assert_eq!(read(&remote, &our_request()), Read::Invalid { key: PASSWORD.into(), why: why.into() });
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&[HOST, PASSWORD]),
        units in proptest::collection::vec(trial::databag(&[HOST, PASSWORD]), 0..3),
    ) {
        let mut view = leader(&[]);
        view.remote_app = app;
        view.units = (0..).map(|number| UnitName::new("rabbitmq", number)).zip(units).collect();
        let found = read(&view, &our_request());
        if let Some(password) = view.remote_app.text(PASSWORD).filter(|text| text.len() > 9) {
            let shown = format!("{found:?}");
            prop_assert!(!shown.contains(password));
        }
        if let Read::Ready(broker) = found {
            for address in broker.uris().iter().chain([&broker.uri()]) {
                let uri = uri::Uri::first(address.expose());
                prop_assert_eq!((uri.username.as_deref(), uri.port, uri.name()), (Some("my-app"), Some(PORT), "%2F"));
                prop_assert!(uri.hostname.is_some());
            }
        }
    }

    #[test]
    fn what_a_provider_answers_a_requirer_reads(host in "[a-z0-9.-]{1,20}", password in "[^\\pC]{1,20}") {
        let account =
            Account { hostname: host.clone(), unit_hostname: "u".into(), password: password.as_str().into() };
        let answer = provider::answer(&leader(&[]), &account);
        let mut ours = view(&[]);
        ours.remote_app = written(&answer.app, &Databag::new());
        ours.units = [("rabbitmq/0".parse().unwrap(), written(&answer.unit, &Databag::new()))].into();
        let broker = read(&ours, &our_request()).ready().cloned().expect("the answer is complete");
        prop_assert_eq!((broker.password.expose(), broker.host, broker.hosts), (password.as_str(), host, vec!["u".to_owned()]));
    }
}
