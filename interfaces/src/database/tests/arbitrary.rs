//! Arbitrary data, and the way from one half to the other with arbitrary parts.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// Values that others might write: real ones, cut ones, huge ones, anything.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,20}",
        "[a-z0-9.:,\\[\\]@/ ]{0,20}",
        Just("null".to_owned()),
        Just(format!("secret:{USER}")),
        Just("[[[[{\"a\": null}]]]]".to_owned()),
        Just("[\"username\", \"password\"]".to_owned()),
        Just("\0\u{1b}[2J\r\n".to_owned()),
        (1..100_000_usize).prop_map(|length| "x".repeat(length)),
        Just("h:5432".to_owned()),
    ]
}

fn databag() -> impl Strategy<Value = Databag> {
    const KEYS: &[&str] = &[
        "database",
        "data",
        "endpoints",
        "password",
        "read-only-endpoints",
        "requested-secrets",
        "secret-tls",
        "secret-user",
        "subordinated",
        "uris",
        "username",
        "version",
    ];
    btree_map(prop_oneof![proptest::sample::select(KEYS).prop_map(str::to_owned), any::<String>()], value(), 0..8)
        .prop_map(Databag::from)
}

fn secret() -> impl Strategy<Value = Option<SecretContent>> {
    let fields = proptest::sample::select(&["username", "password", "uris", "other"][..]).prop_map(str::to_owned);
    proptest::option::of(btree_map(fields, value().prop_map(Secret::from), 0..4))
}

proptest! {
    #[test]
    fn arbitrary_data_is_never_ready_without_all_parts(app in databag(), local in databag(), content in secret()) {
        let mut view = view(&[]);
        view.remote_app = app.clone();
        view.local_app = Some(local.clone());
        view.local_unit = local;
        let secrets: Secrets = content.clone().map(|content| (USER.parse().unwrap(), content)).into_iter().collect();
        let _ = (super::secrets(&view), request(&view, &our_request()), provider::read(&view));
        if let Read::Ready(database) = read(&FAMILY, &view, &secrets, &our_request()) {
            prop_assert!(!database.uri.expose().is_empty() && !database.database.is_empty());
            prop_assert!(!database.uri.expose().contains(char::is_control));
            let given = |key: &str| {
                let clear = app.text(key).map(str::to_owned);
                content.as_ref().and_then(|content| content.get(key)).map(|value| value.expose().to_owned()).or(clear)
            };
            let parts = ["username", "password"].iter().all(|key| given(key).is_some_and(|text| !text.is_empty()));
            let whole = given("uris").is_some() || app.contains_key("uris");
            prop_assert!(whole || (parts && !database.endpoints.is_empty()));
        }
    }

    #[test]
    fn what_a_provider_answers_a_requirer_reads(
        (username, password, name) in ("[^\\pC]{1,20}", "[^\\pC]{1,20}", "[^\\pC]{1,20}"),
        hosts in vec("[a-z]{1,5}:[1-9][0-9]{0,3}", 1..4),
        (uris, tls) in (proptest::option::of("[a-z]{1,9}://[^\\pC]{1,20}"), any::<Option<bool>>()),
        (with_secrets, fresh) in (any::<bool>(), any::<bool>()),
        scheme in proptest::sample::select(&["postgresql", "mysql", "mongodb"][..]),
    ) {
        let wanted = Request { database: "wished".into(), secrets: with_secrets, cross_model: false };
        let mut ours = view(&[]);
        ours.local_app = Some(Databag::new());
        let asked = resolve(&request(&ours, &wanted).app, &Databag::new());

        let mut theirs = view(&[]);
        theirs.remote_app = asked;
        theirs.local_app = (!fresh).then(|| Databag::from_iter([("password", "stale"), ("secret-user", "stale")]));
        let account = Account {
            database: name.clone(),
            username: username.clone(),
            password: password.as_str().into(),
            uris: uris.as_deref().map(Secret::from),
            endpoints: hosts.clone(),
            read_only_endpoints: Vec::new(),
            tls,
            tls_ca: None,
            replset: None,
            version: None,
        };
        let requested = provider::read(&theirs).ready().cloned().expect("the request is complete");
        let answer = provider::answer(&theirs, &requested, &account);
        prop_assert_eq!(answer.app.offers().count() == 0, !with_secrets);

        let current = theirs.local_app.clone().unwrap_or_default();
        ours.remote_app = current.clone();
        ours.remote_app.apply(&resolve(&answer.app, &current));
        let secrets: Secrets = answer.app.offers().filter(|offer| offer.label.contains("user"))
            .map(|offer| (USER.parse().unwrap(), offer.content.clone())).collect();
        let found = read(&Family { scheme, hosts: Hosts::First }, &ours, &secrets, &wanted);
        let database = found.ready().expect("the answer is complete");
        prop_assert_eq!(&database.database, &name);
        prop_assert_eq!(database.username.as_ref().map(Secret::expose), Some(username.as_str()));
        prop_assert_eq!(database.password.as_ref().map(Secret::expose), Some(password.as_str()));
        prop_assert_eq!(&database.endpoints, &hosts);
        match uris {
            Some(uris) => prop_assert_eq!(database.uri.expose(), uris),
            None => prop_assert_eq!(database.parts().scheme, scheme),
        }
    }
}
