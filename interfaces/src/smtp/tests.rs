//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::trial::{self, SECRET, leader, said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/smtp.json"))
}

/// Values of the documented example.
fn documented() -> Smtp {
    Smtp {
        host: "smtp.example.com".into(),
        port: 587,
        user: Some("mailer".into()),
        password: Some(example().result("password").into()),
        auth: Auth::Plain,
        security: Security::StartTls,
        domain: Some("example.com".into()),
        skip_ssl_verify: false,
        sender: Some("noreply@example.com".into()),
        recipients: vec!["ops@example.com".into()],
    }
}

#[test]
fn the_documented_example_is_read() {
    let view = example().requirer("my-app/0", false);
    assert_eq!(read(&view, &example().secrets()), Read::Ready(documented()));
    let refs: Vec<_> = secrets(&view).into_iter().map(|one| one.id).collect();
    assert!(example().secrets().keys().eq(refs.iter()));
    assert_eq!(read(&view, &Secrets::new()), Read::Waiting("password_id".into()));
}

#[test]
fn the_documented_example_is_answered() {
    let (fresh, old) = (example().provider("smtp-integrator/0", true), example().provider("smtp-integrator/0", false));
    let answer = provider::answer(&fresh, &documented());
    let mut bag = written(&answer.app, &Databag::new());
    let mut expected = old.local_app.clone().unwrap();
    assert_eq!(bag.remove("password_id").as_deref(), Some(SECRET));
    expected.remove("password_id");
    assert_eq!(bag, expected);
    assert!(example().secrets().values().eq(answer.app.offers().map(|offer| &offer.content)));

    let mut again = fresh;
    again.local_app = Some(written(&answer.app, &Databag::new()));
    let current = again.local_app.clone().unwrap();
    assert_eq!(written(&provider::answer(&again, &documented()).app, &current), current);
    let without = provider::answer(&again, &Smtp { password: None, ..documented() });
    assert_eq!(written(&without.app, &current).text("password_id"), None);
}

#[test]
fn complete_partial_and_bad_data() {
    let all = [("host", "h"), ("port", "25"), ("auth_type", "none"), ("transport_security", "none")];
    let with = |key: &'static str, value: &'static str| [&all[..], &[(key, value)]].concat();
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "waiting host"),
        (&all[..1], "waiting port"),
        (&all[..2], "waiting auth_type"),
        (&all[..3], "waiting transport_security"),
        (&all, "h:25"),
        (&with("port", "65536"), "invalid port: it is not a port's number"),
        (&with("port", "+1"), "invalid port: it is not a port's number"),
        (&with("host", "a b"), "invalid host: it is not the name or address of a host"),
        (&with("auth_type", "login"), "invalid auth_type: it is none of none, not_provided, plain"),
        (&with("transport_security", "TLS"), "invalid transport_security: it is none of none, starttls, tls"),
        (&with("skip_ssl_verify", "maybe"), "invalid skip_ssl_verify: it is neither true nor false"),
        (&with("skip_ssl_verify", "YES"), "h:25 unchecked"),
        (&with("recipients", "[1]"), "invalid recipients: it is not a list of addresses"),
        (&with("recipients", "a@x, b@x"), "h:25 a@x b@x"),
        (&with("password", "p"), "h:25 p"),
        (&with("password_id", SECRET), "waiting password_id"),
        (&with("password_id", "p"), "invalid password_id: it is not the address of a secret"),
        // What is in clear wins.
        (&[&with("password", "p")[..], &[("password_id", SECRET)]].concat(), "h:25 p"),
    ];
    let ready = |found: &Smtp| {
        let password = found.password.as_ref().map(|password| password.expose().to_owned());
        let unchecked = found.skip_ssl_verify.then(|| "unchecked".to_owned());
        let rest: Vec<_> = password.into_iter().chain(unchecked).chain(found.recipients.clone()).collect();
        format!("{}:{} {}", found.host, found.port, rest.join(" ")).trim_end().to_owned()
    };
    for (remote, expected) in table {
        assert_eq!(said(&read(&view(remote), &Secrets::new()), ready), *expected, "{remote:?}");
    }
    assert!(secrets(&view(&[("password", "p"), ("password_id", SECRET)])).is_empty(), "it isn't needed");
    let odd = trial::secrets(&[("other", "x")]);
    assert_eq!(said(&read(&view(&with("password_id", SECRET)), &odd), ready), "h:25");
    assert_eq!(read(&View::empty("smtp", RelationId(16)), &Secrets::new()), Read::Absent);
}

#[test]
fn nothing_shows_a_password() {
    let shown = format!("{:?} {:?}", documented(), provider::answer(&leader(&[]), &documented()));
    assert!(!shown.contains("m41l"), "{shown}");
}

#[test]
fn what_json_can_hold_and_a_variable_cannot_is_refused() {
    let said = |recipients: &str| {
        let server = [
            ("host", "h"),
            ("port", "25"),
            ("auth_type", "none"),
            ("transport_security", "tls"),
            ("recipients", recipients),
        ];
        said(&read(&view(&server), &Secrets::new()), |found| found.recipients.join(","))
    };
    assert_eq!(said(r#"["a@b", "", "c@d"]"#), "a@b,c@d");
    for control in [r#"["a\u0000b"]"#, r#"["a\nb"]"#, r#"["\u001b[2J"]"#] {
        assert_eq!(said(control), "invalid recipients: it has a control character");
    }
    assert_eq!(said(&crate::json_text(&["a"; 129][..])), "invalid recipients: it has more than 128 entries");
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&["host", "port", "auth_type", "transport_security", "password", "password_id", "recipients"]),
        contents in trial::secret(&["password", "other"]),
    ) {
        let mut view = leader(&[]);
        view.remote_app = app;
        let _ = secrets(&view);
        if let Read::Ready(found) = read(&view, &contents) {
            prop_assert!(found.port > 0 && !found.host.is_empty() && !found.host.contains(char::is_control));
            let password = found.password.as_ref().map_or("p", Secret::expose);
            prop_assert!(!password.is_empty() && !password.contains(char::is_control));
        }
    }
}
