//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::trial::{self, leader, said, view, written};

const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/saml.json"))
}

/// Values of the documented example.
fn documented() -> Saml {
    let service = |name: &str, binding: &str, path: &str, response: Option<&str>| Service {
        name: name.into(),
        binding: binding.into(),
        url: format!("https://idp.example.com/{path}").into(),
        response_url: response.map(|path| format!("https://idp.example.com/{path}").into()),
    };
    Saml {
        entity_id: "https://idp.example.com".into(),
        metadata_url: Some("https://idp.example.com/saml/metadata".into()),
        certificates: vec!["MIIC6DCC".into(), "MIIDAAAA".into()],
        services: vec![
            service("SingleLogoutService", REDIRECT, "+logout", Some("+bye")),
            service("SingleSignOnService", POST, "saml/post", None),
            service("SingleSignOnService", REDIRECT, "saml/", None),
        ],
    }
}

#[test]
fn the_documented_example_is_read() {
    let found = read(&example().requirer("my-app/0", false));
    assert_eq!(found, Read::Ready(documented()));
    assert_eq!(documented().signing_certificate(), example().result("signing_certificate"));
    let url = example().result("single_sign_on_redirect_url").to_owned();
    assert_eq!(documented().single_sign_on_redirect_url(), Some(url.as_str()));
}

#[test]
fn the_documented_example_is_answered_byte_for_byte() {
    let (fresh, old) = (example().provider("saml-integrator/0", true), example().provider("saml-integrator/0", false));
    let current = old.local_app.clone().unwrap();
    assert_eq!(written(&provider::answer(&fresh, &documented()).app, &Databag::new()), current);
    assert!(provider::answer(&old, &documented()).is_empty(), "a second time there is nothing to write");
    let fewer = Saml { services: documented().services.split_off(1), ..documented() };
    let after = written(&provider::answer(&old, &fewer).app, &current);
    assert!(after.keys().all(|key| !key.starts_with("single_logout")), "{after:?}");
}

#[test]
fn complete_partial_and_bad_data() {
    let all = [("entity_id", "e"), ("x509certs", "c")];
    let with = |key: &'static str, value: &'static str| [&all[..], &[(key, value)]].concat();
    let sso = "single_sign_on_service_redirect_url";
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "waiting entity_id"),
        (&all[1..], "invalid entity_id: it is missing"),
        (&all[..1], "waiting x509certs"),
        (&[all[0], ("x509certs", " ,,")], "invalid x509certs: it has no certificate"),
        (&[all[0], ("x509certs", ",a\nb,c")], "e a\nb - -"),
        (&[all[0], ("x509certs", "a\0")], "invalid x509certs: it has a control character"),
        (&all, "e c - -"),
        (&with("metadata_url", "https://IDP.example"), "e c https://idp.example/ -"),
        (&with("metadata_url", "idp.example"), "invalid metadata_url: it is not an http or https address"),
        (&with(sso, "https://idp"), "waiting single_sign_on_service_redirect_binding"),
        (
            &[&with(sso, "ftp://idp")[..], &[("single_sign_on_service_redirect_binding", "Redirect")]].concat(),
            "invalid single_sign_on_service_redirect_url: it is not an http or https address",
        ),
        (
            &[&with(sso, "https://idp")[..], &[("single_sign_on_service_redirect_binding", "http-REDIRECT")]].concat(),
            "e c - https://idp/",
        ),
        // Neither of them is a service's address.
        (&with("a_redirect_response_url", "nope"), "e c - -"),
        (&with("a_soap_url", "nope"), "e c - -"),
        (&with("_redirect_url", "nope"), "e c - -"),
    ];
    let ready = |found: &Saml| {
        let urls = [found.metadata_url.as_deref(), found.single_sign_on_redirect_url()].map(|url| url.unwrap_or("-"));
        format!("{} {} {}", found.entity_id.as_str(), found.signing_certificate(), urls.join(" "))
    };
    for (remote, expected) in table {
        assert_eq!(said(&read(&view(remote)), ready), *expected, "{remote:?}");
    }
    assert_eq!(read(&View::empty("saml", RelationId(14))), Read::Absent);
}

#[test]
fn a_key_that_no_provider_writes_is_no_service_and_never_named() {
    let all = [("entity_id", "e"), ("x509certs", "MII")];
    let long = format!("{}_post_url", "hunter2".repeat(100));
    for key in ["hunter2\u{1b}[2J_redirect_url", "hunter2 \n_post_url", "_post_url", &long] {
        let data = [&all[..], &[(key, "https://idp")]].concat();
        assert_eq!(read(&view(&data)).ready().expect("it's ready").services, [], "{key}");
    }
}

#[test]
fn more_services_than_any_provider_has_are_refused() {
    let names: Vec<_> = (0..129).map(|number| format!("s{number}_post")).collect();
    let mut remote = view(&[("entity_id", "e"), ("x509certs", "MII")]);
    for name in &names {
        remote.remote_app.insert(format!("{name}_url"), "https://idp".to_owned());
        remote.remote_app.insert(format!("{name}_binding"), "urn:post".to_owned());
    }
    assert_eq!(said(&read(&remote), |_| String::new()), "invalid the services: it has more than 128 entries");
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&[
            "entity_id",
            "x509certs",
            "metadata_url",
            "single_sign_on_service_redirect_url",
            "single_sign_on_service_redirect_binding",
        ]),
    ) {
        let mut view = leader(&[]);
        view.remote_app = app.clone();
        view.local_app = Some(app);
        let _ = provider::answer(&view, &documented());
        if let Read::Ready(found) = read(&view) {
            prop_assert!(!found.entity_id.is_empty() && !found.signing_certificate().is_empty());
            let urls = [found.metadata_url.as_deref(), found.single_sign_on_redirect_url()];
            prop_assert!(urls.iter().flatten().all(|url| check(url).is_ok()));
        }
    }

    #[test]
    fn names_come_back(words in proptest::collection::vec("[a-z]{1,9}", 1..5)) {
        let snake = words.join("_");
        prop_assert_eq!(snake_case(&camel_case(&snake)), snake);
    }
}
