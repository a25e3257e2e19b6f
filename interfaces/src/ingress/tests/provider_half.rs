//! The provider's half: what it reads, what it answers.

use super::*;

const UNIT: &str = "my-app/0";

/// A view with one unit, which has a host.
fn requirer(app: &[(&str, &str)]) -> View {
    let mut view = view(app);
    view.units = [(UNIT.parse().unwrap(), Databag::from_iter([("host", "\"h\"")]))].into();
    view
}

fn read_of(view: &View) -> String {
    said(&provider::read(view), |request| format!("{} {} {}", request.model, request.name, request.port))
}

#[test]
fn the_documented_example_is_answered() {
    let fresh = example().provider("traefik-k8s/0", true);
    let request = provider::read(&fresh).ready().cloned().expect("the request is complete");
    assert_eq!((request.model.as_str(), request.name.as_str(), request.port), ("my-model", "my-app", 8080));
    assert!(request.strip_prefix && request.is_port_open && !request.redirect_https);
    assert_eq!(request.scheme, Scheme::Http);
    let places: Vec<_> = request.units.values().map(|place| (place.host.clone(), place.ip)).collect();
    assert_eq!(places, [0, 1].map(|number| (our_request(number).host, our_request(number).ip)));

    let url = example().result("base_url").to_owned();
    let old = example().provider("traefik-k8s/0", false);
    let changes = provider::answer(&fresh, Some(&url)).unwrap();
    assert_eq!(Some(written(&changes.app, &Databag::new())), old.local_app);
    assert!(changes.unit.is_empty());
    assert!(provider::answer(&old, Some(&url)).unwrap().is_empty(), "a second time there is nothing to write");
}

const MODEL: (&str, &str) = ("model", "\"m\"");
const NAME: (&str, &str) = ("name", "\"n\"");
const PORT: (&str, &str) = ("port", "80");

const READS: &[(&[(&str, &str)], &str)] = &[
    (&[], "waiting model"),
    (&[MODEL], "waiting name"),
    (&[MODEL, NAME], "waiting port"),
    (&[NAME, PORT], "waiting model"),
    (&[MODEL, NAME, ("port", "null")], "waiting port"),
    (&[("model", "\"\""), NAME, PORT], "waiting model"),
    (&[MODEL, NAME, PORT], "m n 80"),
    (&[MODEL, NAME, ("port", "65535")], "m n 65535"),
    (&[MODEL, NAME, PORT, ("healthcheck_params", "{"), ("other", "{")], "m n 80"),
    (&[MODEL, NAME, PORT, ("strip-prefix", "null"), ("scheme", "null")], "m n 80"),
    (&[("model", "m"), NAME, PORT], "invalid model: it is not JSON"),
    (&[("model", "7"), NAME, PORT], "invalid model: it is not a text"),
    (&[("model", "\"m\\n\""), NAME, PORT], "invalid model: it has a control character"),
    (&[MODEL, ("name", "[\"n\"]"), PORT], "invalid name: it is not a text"),
    (&[MODEL, NAME, ("port", "0")], "invalid port: it is not a port's number"),
    (&[MODEL, NAME, ("port", "65536")], "invalid port: it is not a port's number"),
    (&[MODEL, NAME, ("port", "-1")], "invalid port: it is not a port's number"),
    (&[MODEL, NAME, ("port", "80.5")], "invalid port: it is not a port's number"),
    (&[MODEL, NAME, ("port", "\"80\"")], "invalid port: it is not a port's number"),
    (&[MODEL, NAME, ("port", "eighty")], "invalid port: it is not JSON"),
    (&[MODEL, NAME, PORT, ("strip-prefix", "True")], "invalid strip-prefix: it is not JSON"),
    (&[MODEL, NAME, PORT, ("redirect-https", "1")], "invalid redirect-https: it is not true or false"),
    (&[MODEL, NAME, PORT, ("is_port_open", "\"true\"")], "invalid is_port_open: it is not true or false"),
    (&[MODEL, NAME, PORT, ("scheme", "\"ftp\"")], "invalid scheme: it is not http, https or h2c"),
];

#[test]
fn complete_partial_and_bad_requests() {
    for (app, expected) in READS {
        assert_eq!(read_of(&requirer(app)), *expected, "{app:?}");
    }
    assert_eq!(provider::read(&View::empty("ingress", RelationId(3))), Read::Absent);
}

#[test]
fn every_unit_has_to_say_where_it_is() {
    let units: &[(&[(&str, &str)], &str)] = &[
        (&[], "waiting host"),
        (&[("ip", "\"10.1.0.8\"")], "waiting host"),
        (&[("host", "\"h\""), ("ip", "null")], "m n 80"),
        (&[("host", "\"h\""), ("ip", "\"::1\""), ("private-address", "not JSON")], "m n 80"),
        (&[("host", "h")], "invalid host: it is not JSON"),
        (&[("host", "\"h\\u0000\"")], "invalid host: it has a control character"),
        (&[("host", "\"h\""), ("ip", "\"300.0.0.1\"")], "invalid ip: it is not an address"),
    ];
    for (unit, expected) in units {
        let mut view = requirer(&[MODEL, NAME, PORT]);
        view.units.insert("my-app/1".parse().unwrap(), unit.iter().copied().collect());
        assert_eq!(read_of(&view), *expected, "{unit:?}");
    }
    assert_eq!(read_of(&view(&[MODEL, NAME, PORT])), "m n 80", "no unit, nothing to wait for");
}

#[test]
fn an_address_can_be_changed_and_withdrawn() {
    let mut view = requirer(&[MODEL, NAME, PORT]);
    let mut bag = Databag::from_iter([("other", "1")]);
    for (url, expected) in [
        (Some("http://one"), Some(r#"{"url": "http://one"}"#)),
        (Some("http://zwö"), Some(r#"{"url": "http://zw\u00f6"}"#)),
        (None, None),
    ] {
        view.local_app = Some(bag.clone());
        bag = written(&provider::answer(&view, url).unwrap().app, &bag);
        assert_eq!((bag.text("ingress"), bag.text("other")), (expected, Some("1")));
    }
}

#[test]
fn an_address_of_no_use_is_not_published() {
    let view = requirer(&[MODEL, NAME, PORT]);
    let error = |url: &str| provider::answer(&view, Some(url)).unwrap_err().to_string();
    assert_eq!(error(""), "cannot publish a url that is not an http or https address");
    assert_eq!(error("http://me:hunter2@/"), "cannot publish a url that has no valid host and port");
    assert_eq!(error(&"x".repeat(MAX_URL_BYTES + 1)), "cannot publish a url that is longer than 8 KiB");
}
