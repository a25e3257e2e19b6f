//! The family's two halves against the documented example, tables of odd data, and arbitrary data.

mod arbitrary;
mod provider_half;
mod requirer;

use std::collections::BTreeMap;

use juju::{Databag, RelationId, Secret, SecretContent, SecretId, View};

use super::provider::{self, Account, Requested};
use super::*;
use crate::example::Example;
use crate::trial::resolved;

const FAMILY: Family = Family { scheme: "postgresql", hosts: Hosts::First };
const USER: &str = "cjqub6vubg2s77p3nio0";
const TLS: &str = "cjqub7fubg2s77p3niog";

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/postgresql.json"))
}

fn our_request() -> Request {
    Request { database: "my-app".into(), secrets: true, cross_model: false }
}

fn view(remote: &[(&str, &str)]) -> View {
    let mut view = View::empty("postgresql", RelationId(7));
    view.app = Some("postgresql-k8s".into());
    view.remote_app = remote.iter().copied().collect();
    view
}

fn content(fields: &[(&str, &str)]) -> SecretContent {
    fields.iter().map(|(key, value)| ((*key).to_owned(), Secret::from(*value))).collect()
}

/// A user's secret with these fields.
fn user(fields: &[(&str, &str)]) -> Secrets {
    Secrets::from([(USER.parse().unwrap(), content(fields))])
}

fn resolve(draft: &Draft, current: &Databag) -> Databag {
    let ids = BTreeMap::from([("postgresql.7.user.secret", USER), ("postgresql.7.tls.secret", TLS)]);
    let texts = resolved(draft, current, |label| ids[label].parse().unwrap());
    Databag::diff(current, &texts)
}

/// Two databags, with JSON texts compared by what they mean.
fn assert_same(found: &Databag, expected: &Databag) {
    let parse = |bag: &Databag| -> BTreeMap<String, serde_json::Value> {
        let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
        bag.iter().map(|(key, text)| (key.clone(), value(text))).collect()
    };
    assert_eq!(parse(found), parse(expected));
}

#[test]
fn nothing_shows_a_password() {
    const PASSWORD: &str = "hunter2/hunter2@hunter2";
    let uri = format!("postgresql://u:{PASSWORD}@h:1/d");
    let account = Account {
        database: "d".into(),
        username: "u".into(),
        password: PASSWORD.into(),
        uris: Some(uri.as_str().into()),
        endpoints: Vec::new(),
        read_only_endpoints: Vec::new(),
        tls: None,
        tls_ca: None,
        replset: None,
        version: None,
    };
    for (in_secret, in_uris) in [(false, false), (false, true), (true, false), (true, true)] {
        let fields =
            if in_uris { vec![("uris", uri.as_str())] } else { vec![("username", "u"), ("password", PASSWORD)] };
        let (mut remote, mut secrets) = (vec![("endpoints", "h:1"), ("database", "d")], Secrets::new());
        if in_secret {
            remote.extend([("secret-user", USER), ("requested-secrets", r#"["password"]"#)]);
            secrets = user(&fields);
        } else {
            remote.extend(fields);
        }
        let view = view(&remote);
        let found = read(&FAMILY, &view, &secrets, &our_request());
        let parts = found.ready().expect("everything is there").parts();
        let asked = provider::read(&view).ready().cloned().expect("the request is complete");
        let (ours, theirs) = (request(&view, &our_request()), provider::answer(&view, &asked, &account));
        let shown = format!("{found:?} {parts:?} {asked:?} {view:?} {secrets:?} {account:?} {ours:?} {theirs:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
