//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::trial::{self, SECRET, leader, said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/openfga.json"))
}

fn our_request() -> Request {
    Request { store_name: "my-app".into() }
}

/// Values of the documented example.
fn documented() -> Store {
    Store {
        store_id: example().result("store_id").into(),
        token: Some(example().result("token").into()),
        grpc_api_url: example().result("grpc_api_url").into(),
        http_api_url: example().result("http_api_url").into(),
    }
}

#[test]
fn the_documented_example_is_read_and_written() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    assert_eq!(read(&old, &example().secrets()), Read::Ready(documented()));
    assert_eq!(read(&old, &Secrets::new()), Read::Waiting("token_secret_id".into()));
    let refs: Vec<_> = secrets(&old).into_iter().map(|one| one.id).collect();
    assert!(example().secrets().keys().eq(refs.iter()));
    assert_eq!(written(&request(&fresh, &our_request()).app, &Databag::new()), old.local_app.clone().unwrap());
    assert!(request(&View { local_app: None, ..fresh }, &our_request()).is_empty());
}

#[test]
fn a_store_keeps_its_name() {
    let old = leader(&[("store_name", "app-store")]);
    assert!(request(&old, &our_request()).is_empty(), "another name would be another store, with nothing in it");
}

#[test]
fn the_documented_example_is_answered() {
    let (fresh, old) = (example().provider("openfga-k8s/0", true), example().provider("openfga-k8s/0", false));
    assert_eq!(provider::read(&fresh), Read::Ready("my-app".into()));
    let answer = provider::answer(&fresh, &documented());
    let mut expected = old.local_app.clone().unwrap();
    expected.insert("token_secret_id".into(), SECRET.into());
    let current = written(&answer.app, &Databag::new());
    assert_eq!(current, expected);
    assert!(example().secrets().values().eq(answer.app.offers().map(|offer| &offer.content)));
    assert!(!format!("{:?} {answer:?}", documented()).contains("t0ken"));

    let again = View { local_app: Some(current.clone()), ..fresh };
    assert_eq!(written(&provider::answer(&again, &documented()).app, &current), current);
    let without = provider::answer(&again, &Store { token: None, ..documented() });
    assert_eq!(written(&without.app, &current).text("token_secret_id"), None);
    assert_eq!(provider::read(&view(&[])), Read::Waiting("store_name".into()));
}

#[test]
fn complete_partial_and_bad_data() {
    let all = [("grpc_api_url", "g"), ("http_api_url", "http://h"), ("store_id", "s")];
    let with = |fields: &[(&'static str, &'static str)]| [&all[..], fields].concat();
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "waiting grpc_api_url"),
        (&[("address", "a"), ("scheme", "http"), ("port", "80")], "waiting grpc_api_url"),
        (&all[..1], "waiting http_api_url"),
        (&all[..2], "waiting store_id"),
        (&all, "s -"),
        (&with(&[("token", "t")]), "s t"),
        (&with(&[("http_api_url", "h:80")]), "invalid http_api_url: it is not an http or https address"),
        (&with(&[("token", "t\n")]), "invalid token: it has a control character"),
        (&with(&[("token", "t"), ("token_secret_id", SECRET)]), "waiting token_secret_id"),
        (&with(&[("token_secret_id", "t")]), "invalid token_secret_id: it is not the address of a secret"),
    ];
    let ready = |found: &Store| format!("{} {}", found.store_id, found.token.as_ref().map_or("-", Secret::expose));
    for (remote, expected) in table {
        assert_eq!(said(&read(&view(remote), &Secrets::new()), ready), *expected, "{remote:?}");
    }
    // The secret overrides the clear text, even if the secret lacks the token.
    let remote = view(&with(&[("token", "t"), ("token_secret_id", SECRET)]));
    assert_eq!(said(&read(&remote, &trial::secrets(&[("token", "u")])), ready), "s u");
    assert_eq!(said(&read(&remote, &trial::secrets(&[("other", "u")])), ready), "s -");
    assert_eq!(read(&View::empty("openfga", RelationId(15)), &Secrets::new()), Read::Absent);
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&["store_id", "token", "token_secret_id", "grpc_api_url", "http_api_url"]),
        contents in trial::secret(&["token", "other"]),
    ) {
        let mut view = leader(&[]);
        view.remote_app = app;
        let _ = secrets(&view);
        if let Read::Ready(found) = read(&view, &contents) {
            let token = found.token.as_ref().map_or("t", Secret::expose);
            for value in [found.store_id.as_str(), &found.grpc_api_url, &found.http_api_url, token] {
                prop_assert!(!value.is_empty() && !value.contains(char::is_control));
            }
        }
    }
}
