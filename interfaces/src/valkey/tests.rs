//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::{RelationId, SecretId};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::example::Example;
use crate::trial::{self, SECRET, leader, said, view, written};

const RANDOM: [u8; RANDOM_BYTES] = [0xa5; RANDOM_BYTES];

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/valkey.json"))
}

/// Values of the documented example.
fn documented() -> Valkey {
    let servers = |key: &str| example().result(key).split(',').map(str::to_owned).collect();
    Valkey {
        username: example().result("username").into(),
        password: example().result("password").into(),
        endpoints: servers("endpoints"),
        read_only_endpoints: servers("read_only_endpoints"),
        sentinel_endpoints: servers("sentinel_endpoints"),
        mode: Some("sentinel".into()),
        version: Some("9.0.1".into()),
        tls: false,
        tls_ca: None,
    }
}

/// The meaning of a document in a databag.
fn meaning(bag: &Databag, key: &str) -> Value {
    serde_json::from_str(bag.text(key).unwrap()).unwrap()
}

#[test]
fn the_documented_example_is_read() {
    for unit in ["my-app/0", "my-app/1"] {
        let view = example().requirer(unit, false);
        assert_eq!(read(&view, &example().secrets()), Read::Ready(documented()));
        for reference in secrets(&view) {
            assert_eq!(reference.label.as_deref(), Some(example().label(&reference.id.to_string())));
        }
        assert_eq!(secrets(&view).len(), 2);
        assert!(request(&view, &RANDOM).app.is_empty(), "a request keeps its id and its salt");
        let copy = written(&request(&view, &RANDOM).unit, &view.local_unit);
        assert_eq!(meaning(&copy, "data"), meaning(&view.local_unit, "data"));
    }
    assert_eq!(documented().uri().expose(), "valkey://relation-8:Jw7yT2@valkey-1.valkey-endpoints:6379");
}

#[test]
fn a_request_is_made_once() {
    let fresh = leader(&[]);
    let app = written(&request(&fresh, &RANDOM).app, &Databag::new());
    let example = example().requirer("my-app/0", false).local_app.unwrap();
    let mut expected = meaning(&example, "requests");
    expected[0]["request-id"] = "a5a5a5a5a5a5a5a5".into();
    expected[0]["salt"] = "a5a5a5a5a5a5a5a5".into();
    assert_eq!(app.text("requests").unwrap(), json::text(&[asked_fields(&expected)]));
    assert_eq!(app.text("version"), Some("v1"));
    let again = View { local_app: Some(app), ..fresh };
    assert!(request(&again, &[0; RANDOM_BYTES]).is_empty());
    assert!(request(&view(&[]), &RANDOM).is_empty(), "a unit that doesn't lead asks for nothing");
}

/// The documented request as it is written, in its own order.
fn asked_fields(expected: &Value) -> Request<'_> {
    let text = |key: &str| expected[0][key].as_str().unwrap();
    let absent = ["extra-user-roles", "extra-group-roles", "entity-type", "entity-permissions", "secret-mtls"];
    assert!(absent.iter().all(|key| expected[0][key].is_null()));
    Request {
        resource: text("resource"),
        request_id: text("request-id"),
        salt: text("salt"),
        extra_user_roles: None,
        extra_group_roles: None,
        external_node_connectivity: expected[0]["external-node-connectivity"].as_bool().unwrap(),
        entity_type: None,
        entity_permissions: None,
        secret_mtls: None,
    }
}

#[test]
fn the_documented_example_is_answered() {
    let (fresh, old) = (example().provider("valkey/0", true), example().provider("valkey/0", false));
    let asked = provider::read(&fresh).ready().cloned().expect("the request is complete");
    let changes = provider::answer(&fresh, &asked, &documented());
    let labelled = |(id, content): (SecretId, _)| (example().label(&id.to_string()).to_owned(), (id, content));
    let secrets: BTreeMap<_, _> = example().secrets().into_iter().map(labelled).collect();
    let id = |label: &str| secrets[label].0.clone();
    assert_eq!(changes.app.offers().count(), 2);
    assert!(changes.app.offers().all(|offer| secrets[&offer.label].1 == offer.content));
    let (app, expected) = (trial::resolved(&changes.app, &Databag::new(), id), old.local_app.clone().unwrap());
    assert_eq!(app.text("version"), expected.text("version"));
    for key in ["requests", "data"] {
        assert_eq!(meaning(&app, key), meaning(&expected, key), "{key}");
    }
    let again = View { local_app: Some(app.clone()), ..fresh };
    let again = provider::answer(&again, &asked, &documented());
    assert!(trial::resolved(&again.app, &app, id).is_empty());
    assert_eq!(provider::read(&view(&[])), Read::Waiting("requests".into()));
    assert!(!format!("{:?} {changes:?}", documented()).contains("Jw7yT2"));
}

#[test]
fn complete_partial_and_bad_data() {
    let response = |fields: Value| json!([fields]).to_string();
    let user = [("username", "u"), ("password", "p@"), ("tls", "True"), ("tls-ca", "-\nca\n-")];
    let whole = trial::secrets(&user);
    let table = [
        (String::new(), &whole, "waiting requests"),
        ("[]".into(), &whole, "waiting requests"),
        ("{}".into(), &whole, "invalid requests: it is not a list of responses"),
        ("[1]".into(), &whole, "invalid requests: it is not a list of responses"),
        ("v1".into(), &whole, "invalid requests: it is not JSON"),
        (response(json!({"endpoints": 1})), &whole, "invalid requests: it is not a list of responses"),
        (response(json!({"endpoints": "a:1"})), &whole, "waiting secret-user"),
        (response(json!({"secret-user": SECRET})), &whole, "waiting endpoints"),
        (response(json!({"secret-user": SECRET, "endpoints": "a:1"})), &Secrets::new(), "waiting secret-user"),
        (response(json!({"secret-user": "x"})), &whole, "invalid secret-user: it is not the address of a secret"),
        (response(json!({"secret-user": SECRET, "endpoints": "a:1, b:2"})), &whole, "valkey://u:p%40@a:1 a:1 b:2"),
        (
            response(json!({"secret-user": SECRET, "endpoints": "a:1,b:x"})),
            &whole,
            "invalid endpoints: an entry has a port that is not a number",
        ),
        (
            response(json!({"secret-user": SECRET, "secret-tls": SECRET, "endpoints": "a:1", "new": {}})),
            &whole,
            "valkeys://u:p%40@a:1 a:1 -\nca\n-",
        ),
    ];
    let ready = |found: &Valkey| {
        let rest: Vec<_> = found.endpoints.iter().chain(&found.tls_ca).cloned().collect();
        format!("{} {}", found.uri().expose(), rest.join(" "))
    };
    for (responses, contents, expected) in table {
        assert_eq!(said(&read(&view(&[("requests", &responses)]), contents), ready), expected, "{responses}");
    }
    let lacking = trial::secrets(&[("username", "u")]);
    let remote = response(json!({"secret-user": SECRET, "endpoints": "a:1"}));
    assert_eq!(said(&read(&view(&[("requests", &remote)]), &lacking), ready), "waiting secret-user");
    let v2 = view(&[("version", "v2"), ("requests", &remote)]);
    assert_eq!(said(&read(&v2, &whole), ready), "invalid version: it is not v1");
    // Providers of version 0 have other keys.
    assert_eq!(said(&read(&view(&[("endpoints", "a:1"), ("data", "{}")]), &whole), ready), "waiting requests");
    assert_eq!(read(&View::empty("valkey", RelationId(8)), &whole), Read::Absent);
}

#[test]
fn the_leader_looks_for_the_response_to_its_own_request() {
    let requests = |id: &str| json!([{ "request-id": id }]).to_string();
    let mut ours = leader(&[("requests", &requests("b"))]);
    let responses = json!([
        {"request-id": "a", "secret-user": SECRET, "endpoints": "a:1"},
        {"request-id": "b", "secret-user": SECRET, "endpoints": "b:1"},
    ]);
    ours.remote_app = Databag::from_iter([("requests", responses.to_string())]);
    let contents = trial::secrets(&[("username", "u"), ("password", "p")]);
    assert_eq!(read(&ours, &contents).ready().unwrap().endpoints, ["b:1"]);
    ours.local_app = Some(Databag::from_iter([("requests", requests("c"))]));
    assert_eq!(read(&ours, &contents), Read::Waiting("requests".into()));
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&["requests", "version", "data"]),
        fields in trial::databag(&["endpoints", "secret-user", "secret-tls", "mode", "request-id", "version"]),
        as_fields: bool,
        contents in trial::secret(&["username", "password", "tls", "tls-ca"]),
    ) {
        let mut view = leader(&[]);
        view.remote_app = app.clone();
        if as_fields {
            view.remote_app.insert("requests".into(), json::text(&[&fields]));
        }
        view.local_unit = app;
        let changes = request(&view, &RANDOM);
        view.local_unit = written(&changes.unit, &view.local_unit);
        prop_assert!(request(&view, &RANDOM).unit.is_empty(), "a second time there is nothing to write");
        let _ = (secrets(&view), provider::read(&view));
        if let Read::Ready(found) = read(&view, &contents) {
            let uri = uri::Uri::first(found.uri().expose());
            prop_assert!(uri.hostname.is_some() && !found.uri().expose().contains(char::is_control));
            prop_assert!(!found.username.expose().is_empty() && !found.password.expose().is_empty());
        }
    }
}
