//! The provider's half: what it reads, what it answers.

use super::*;

fn account() -> Account {
    let host = |role: &str| vec![format!("postgresql-k8s-{role}.my-model.svc.cluster.local:5432")];
    let uri = "postgresql://relation_id_7:hQ3zK9pV@postgresql-k8s-primary.my-model.svc.cluster.local:5432/my-app";
    Account {
        database: "my-app".into(),
        username: "relation_id_7".into(),
        password: "hQ3zK9pV".into(),
        uris: Some(uri.into()),
        endpoints: host("primary"),
        read_only_endpoints: host("replicas"),
        tls: Some(false),
        tls_ca: None,
        replset: None,
        version: Some("14.12".into()),
    }
}

fn request_of(view: &View) -> Requested {
    provider::read(view).ready().cloned().expect("the request is complete")
}

#[test]
fn the_documented_example_is_answered() {
    let example = example();
    let fresh = example.provider("postgresql-k8s/0", true);
    let request = request_of(&fresh);
    assert_eq!(request.requested_secrets, REQUESTED_SECRETS);
    let changes = provider::answer(&fresh, &request, &account());
    let old = example.provider("postgresql-k8s/0", false).local_app.unwrap();
    assert_same(&resolve(&changes.app, &Databag::new()), &old);
    let offered: BTreeMap<_, _> =
        changes.app.offers().map(|offer| (offer.label.clone(), offer.content.clone())).collect();
    let documented = example.secrets();
    let expected = [USER, TLS].map(|id| {
        let id: SecretId = id.parse().unwrap();
        (example.label(&id.to_string()).to_owned(), documented[&id].clone())
    });
    assert_eq!(offered, expected.into());
}

#[test]
fn a_second_time_nothing_is_written() {
    let mut view = example().provider("postgresql-k8s/0", true);
    let changes = provider::answer(&view, &request_of(&view), &account());
    let written = resolve(&changes.app, &Databag::new());
    view.local_app = Some(written.clone());
    let again = provider::answer(&view, &request_of(&view), &account());
    assert!(resolve(&again.app, &written).is_empty());
}

#[test]
fn without_requested_secrets_it_is_in_clear() {
    let view = view(&[("database", "my-app")]);
    let changes = provider::answer(&view, &request_of(&view), &account());
    assert_eq!(changes.app.offers().count(), 0);
    let bag = resolve(&changes.app, &Databag::new());
    assert_eq!((bag.text("username"), bag.text("password")), (Some("relation_id_7"), Some("hQ3zK9pV")));
    assert_eq!(bag.text("tls"), Some("False"));
    assert!(bag.keys().all(|key| !key.starts_with("secret-")));
}

#[test]
fn clear_text_goes_once_secrets_are_asked_for() {
    let mut view = example().provider("postgresql-k8s/0", true);
    view.local_app = Some(Databag::from_iter([("username", "u"), ("password", "p"), ("uris", "x"), ("mine", "m")]));
    let changes = provider::answer(&view, &request_of(&view), &account());
    let bag = resolve(&changes.app, view.local_app.as_ref().unwrap());
    for key in ["username", "password", "uris"] {
        assert_eq!(bag.text(key), Some(""), "{key}");
    }
    assert_eq!(bag.text("mine"), None);
}

#[test]
fn requests() {
    let read = |remote: &[(&str, &str)]| provider::read(&view(remote));
    assert_eq!(read(&[]), Read::Waiting("database".into()));
    assert_eq!(read(&[("database", ""), ("requested-secrets", "[]")]), Read::Waiting("database".into()));
    for list in ["null", "{}", "[1]", "username", "[\"a\""] {
        let found = read(&[("database", "d"), ("requested-secrets", list)]);
        assert!(matches!(&found, Read::Invalid { key, .. } if key == "requested-secrets"), "{list}: {found:?}");
    }
    let roles = [("database", "d"), ("extra-user-roles", "admin, createdb"), ("external-node-connectivity", "true")];
    let request = request_of(&view(&roles));
    assert_eq!(request.extra_user_roles, ["admin", "createdb"]);
    assert!(request.external && request.requested_secrets.is_empty() && request.extra_group_roles.is_empty());
    let gone = View::empty("database", RelationId(1));
    assert_eq!(provider::read(&gone), Read::Absent);
}
