//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::trial::{self, leader, said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/s3.json"))
}

fn our_request() -> Request {
    Request { bucket: "my-app".into() }
}

/// Values of the documented example.
fn documented() -> Bucket {
    let text = |key: &str| Some(example().result(key).to_owned());
    Bucket {
        bucket: "shared-bucket".into(),
        access_key: example().result("access_key").into(),
        secret_key: example().result("secret_key").into(),
        endpoint: text("endpoint").map(Into::into),
        region: text("region"),
        path: text("path"),
        storage_class: text("storage_class"),
        api_version: text("s3_api_version"),
        uri_style: text("s3_uri_style"),
        tls_ca_chain: vec!["LS0tLS1CRUdJTg==".into()],
        attributes: vec!["Cache-Control=max-age=90000".into()],
    }
}

#[test]
fn the_documented_example_is_read_and_written() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    assert_eq!(read(&old, &Secrets::new()), Read::Ready(documented()));
    assert_eq!(documented().addressing_style(), Some(example().result("addressing_style")));
    assert_eq!(written(&request(&fresh, &our_request()).app, &Databag::new()), old.local_app.clone().unwrap());
    assert!(request(&old, &our_request()).is_empty(), "a second time there is nothing to write");
    assert!(
        request(&View { local_app: None, ..fresh }, &our_request()).is_empty(),
        "a unit that doesn't lead writes nothing"
    );
}

#[test]
fn the_documented_example_is_answered_byte_for_byte() {
    let (fresh, old) = (example().provider("s3-integrator/0", true), example().provider("s3-integrator/0", false));
    assert_eq!(provider::read(&fresh), Read::Ready("my-app".into()));
    let answer = provider::answer(&fresh, &documented());
    assert_eq!(written(&answer.app, &Databag::new()), old.local_app.clone().unwrap());
    assert!(provider::answer(&old, &documented()).is_empty());
    assert_eq!(provider::read(&view(&[])), Read::Waiting("bucket".into()));
}

#[test]
fn complete_partial_and_bad_data() {
    let all = [("access-key", "123"), ("secret-key", "true"), ("bucket", "null")];
    let with = |key: &'static str, value: &'static str| [&all[..], &[(key, value)]].concat();
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[], "waiting access-key"),
        (&[("data", "{}")], "waiting access-key"),
        (&all[..1], "waiting secret-key"),
        (&all[..2], "waiting bucket"),
        // What looks like JSON is text.
        (&all, "123 true null"),
        (&with("s3-api-version", "4"), "123 true null"),
        (&with("attributes", "null"), "123 true null"),
        (&with("attributes", "a:b"), "invalid attributes: it is not JSON"),
        (&with("tls-ca-chain", "[1]"), "invalid tls-ca-chain: it is not a list of texts"),
        (&with("region", "\0"), "invalid region: it has a control character"),
        (&[("secret-extra", "nonsense")], "invalid secret-extra: it is not the address of a secret"),
        (&[("secret-extra", trial::SECRET)], "waiting secret-extra"),
    ];
    let ready =
        |found: &Bucket| format!("{} {} {}", found.access_key.expose(), found.secret_key.expose(), found.bucket);
    for (remote, expected) in table {
        assert_eq!(said(&read(&view(remote), &Secrets::new()), ready), *expected, "{remote:?}");
    }
    assert_eq!(read(&View::empty("s3", RelationId(12)), &Secrets::new()), Read::Absent);
}

#[test]
fn the_keys_of_version_1_are_in_a_secret() {
    let asks = [("bucket", "my-app"), ("requested-secrets", r#"["access-key", "secret-key"]"#), ("lib-version", "1.0")];
    let mut theirs = leader(&[]);
    theirs.remote_app = asks.into_iter().collect();
    let answer = provider::answer(&theirs, &documented());
    let bag = written(&answer.app, &Databag::new());
    assert_eq!((bag.text("access-key"), bag.text("secret-key")), (None, None));
    let offer = answer.app.offers().next().expect("a secret");
    let content: Secrets = [(trial::SECRET.parse().unwrap(), offer.content.clone())].into();
    let mut ours = leader(&[]);
    ours.remote_app = bag;
    assert_eq!(secrets(&ours).len(), 1);
    assert_eq!(read(&ours, &content), Read::Ready(documented()));
    let half = trial::secrets(&[("access-key", "a")]);
    assert_eq!(read(&ours, &half), Read::Waiting("secret-extra".into()));
    // Keys in clear, of a provider that speaks both versions, need no secret.
    ours.remote_app.insert("access-key".into(), "a".into());
    ours.remote_app.insert("secret-key".into(), "s".into());
    assert!(secrets(&ours).is_empty() && read(&ours, &Secrets::new()).ready().is_some());
}

#[test]
fn a_requirer_of_version_1_that_names_no_bucket_gets_one_of_its_application_s_name() {
    assert_eq!(provider::read(&view(&[("requested-secrets", "[]")])), Read::Waiting("bucket".into()));
    assert_eq!(provider::read(&view(&[("version", "1")])), Read::Ready("other".into()));
    assert_eq!(provider::read(&view(&[("version", "1"), ("bucket", "media")])), Read::Ready("media".into()));
}

#[test]
fn the_style_has_the_name_that_clients_know() {
    let style = |style: &str| Bucket { uri_style: Some(style.into()), ..documented() };
    assert_eq!(style("path").addressing_style(), Some("path"));
    assert_eq!(Bucket { uri_style: None, ..documented() }.addressing_style(), None);
}

#[test]
fn nothing_shows_a_key() {
    let view = example().provider("s3-integrator/0", true);
    let shown = format!("{:?} {:?} {view:?}", documented(), provider::answer(&view, &documented()));
    assert!(!shown.contains("sEcReT") && !shown.contains("AKIA"), "{shown}");
}

#[test]
fn a_list_that_grows_when_it_is_escaped_is_refused() {
    let said = |list: &str| {
        let keys = [("access-key", "a"), ("secret-key", "s"), ("bucket", "b"), ("attributes", list)];
        said(&read(&view(&keys), &Secrets::new()), |found| found.attributes.len().to_string())
    };
    assert_eq!(said(&format!("[\"{}\"]", "ü".repeat(10_000))), "1");
    assert_eq!(said(&format!("[\"{}\"]", "ü".repeat(20_000))), "invalid attributes: it is longer than 64 KiB");
    assert_eq!(said(&format!("[{}\"\"]", "\"\",".repeat(128))), "invalid attributes: it has more than 128 entries");
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&[
            "access-key", "secret-key", "secret-extra", "bucket", "endpoint", "attributes", "tls-ca-chain", "data",
        ]),
    ) {
        let mut view = leader(&[]);
        view.remote_app = app;
        let _ = (provider::read(&view), provider::answer(&view, &documented()), request(&view, &our_request()));
        let granted = trial::secrets(&[("access-key", "a"), ("secret-key", "s")]);
        if let Read::Ready(found) = read(&view, &granted) {
            for value in [found.access_key.expose(), found.secret_key.expose(), &found.bucket] {
                prop_assert!(!value.is_empty() && !value.contains(char::is_control));
            }
        }
    }
}
