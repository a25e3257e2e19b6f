//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::trial::{self, SECRET, leader, said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/oauth.json"))
}

fn our_request() -> Request {
    Request { redirect_uri: example().result("redirect_uri").into(), scope: example().result("scopes").into() }
}

/// Values of the documented example.
fn documented() -> Client {
    let text = |key: &str| example().result(key).to_owned();
    Client {
        client_id: text("client_id"),
        client_secret: text("client_secret").into(),
        issuer_url: text("issuer_url").into(),
        authorization_endpoint: text("authorization_endpoint").into(),
        token_endpoint: text("token_endpoint").into(),
        introspection_endpoint: "https://hydra.internal/admin/oauth2/introspect".into(),
        userinfo_endpoint: text("userinfo_endpoint").into(),
        jwks_endpoint: text("jwks_endpoint").into(),
    }
}

#[test]
fn the_documented_example_is_read_and_written_byte_for_byte() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    assert_eq!(read(&old, &example().secrets()), Read::Ready(documented()));
    assert_eq!(read(&old, &Secrets::new()), Read::Waiting("client_secret_id".into()));
    let refs: Vec<_> = secrets(&old).into_iter().map(|one| one.id).collect();
    assert!(example().secrets().keys().eq(refs.iter()));
    assert_eq!(written(&request(&fresh, &our_request()).app, &Databag::new()), old.local_app.clone().unwrap());
    assert!(request(&old, &our_request()).is_empty(), "a second time there is nothing to write");
    assert!(request(&View { local_app: None, ..fresh }, &our_request()).is_empty());
}

#[test]
fn the_documented_example_is_answered() {
    let (fresh, old) = (example().provider("hydra/0", true), example().provider("hydra/0", false));
    assert_eq!(provider::read(&fresh), Read::Ready(our_request()));
    let answer = provider::answer(&fresh, &documented(), "openid profile email phone");
    let mut expected = old.local_app.clone().unwrap();
    expected.insert("client_secret_id".into(), SECRET.into());
    let current = written(&answer.app, &Databag::new());
    assert_eq!(current, expected);
    assert!(example().secrets().values().eq(answer.app.offers().map(|offer| &offer.content)));
    assert!(!format!("{:?} {answer:?}", documented()).contains("c1ient"));
    let again = View { local_app: Some(current.clone()), ..fresh };
    let again = provider::answer(&again, &documented(), "openid profile email phone");
    assert_eq!(written(&again.app, &current), current);
    assert_eq!(provider::read(&view(&[("redirect_uri", "u")])), Read::Waiting("scope".into()));
}

#[test]
fn complete_partial_and_bad_data() {
    let addresses = [
        ("issuer_url", "https://i"),
        ("authorization_endpoint", "https://a"),
        ("token_endpoint", "https://t"),
        ("introspection_endpoint", "https://n"),
        ("userinfo_endpoint", "https://u"),
        ("jwks_endpoint", "https://j"),
    ];
    // Digits alone are an id too, and a word is no JSON.
    let all =
        [&addresses[..], &[("client_id", "42"), ("client_secret_id", SECRET), ("jwt_access_token", "true")]].concat();
    let known = trial::secrets(&[("secret", "s")]);
    let ready = |found: &Client| format!("{} {}", found.client_id, found.client_secret.expose());
    let said = |remote: &[(&str, &str)], contents: &Secrets| said(&read(&view(remote), contents), ready);
    assert_eq!(said(&[], &known), "waiting client_id");
    assert_eq!(said(&addresses, &known), "waiting client_id");
    assert_eq!(said(&all[..7], &known), "waiting client_secret_id");
    assert_eq!(said(&all, &known), "42 s");
    assert_eq!(said(&all, &trial::secrets(&[("other", "s")])), "waiting client_secret_id");
    assert_eq!(
        said(&all, &trial::secrets(&[("secret", "s\n")])),
        "invalid client_secret_id: it has a control character"
    );
    for (at, (key, _)) in addresses.iter().enumerate() {
        let mut lacking = all.clone();
        lacking[at].1 = "";
        assert_eq!(said(&lacking, &known), format!("waiting {key}"));
        lacking[at].1 = "file:///etc/passwd";
        assert_eq!(said(&lacking, &known), format!("invalid {key}: it is not an http or https address"));
    }
    let gibberish = [("client_id", "c"), ("client_secret_id", "s3cret")];
    assert_eq!(said(&gibberish, &known), "invalid client_secret_id: it is not the address of a secret");
    assert_eq!(read(&View::empty("oidc", RelationId(13)), &known), Read::Absent);
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&["client_id", "client_secret_id", "issuer_url", "authorization_endpoint"]),
        contents in trial::secret(&["secret", "other"]),
    ) {
        let addresses = ["token_endpoint", "introspection_endpoint", "userinfo_endpoint", "jwks_endpoint"];
        let mut view = leader(&[]);
        view.remote_app = addresses.map(|key| (key, "https://idp")).into_iter().collect();
        view.remote_app.extend(app);
        let _ = (secrets(&view), request(&view, &our_request()), provider::read(&view));
        if let Read::Ready(found) = read(&view, &contents) {
            for value in [&found.client_id, found.client_secret.expose(), &found.issuer_url] {
                prop_assert!(!value.is_empty() && !value.contains(char::is_control));
            }
        }
    }
}
