//! The two halves against the documented example, a table of odd data, and arbitrary data.

use juju::RelationId;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::provider::{User, Verdict};
use super::*;
use crate::example::Example;
use crate::trial::{self, SECRET, leader, said, view, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/http-proxy.json"))
}

fn shown(found: &Proxies) -> String {
    format!("{} {}", found.http.expose(), found.https.expose())
}

#[test]
fn the_documented_example_is_read_and_written_byte_for_byte() {
    let old = example().requirer("my-app/0", false);
    let expected = format!("{} {}", example().result("http_proxy"), example().result("https_proxy"));
    assert_eq!(said(&read(&old, &example().secrets()), shown), expected);
    assert_eq!(said(&read(&old, &Secrets::new()), shown), "waiting responses");
    let refs: Vec<_> = secrets(&old).into_iter().map(|one| one.id).collect();
    assert!(example().secrets().keys().eq(refs.iter()));
    assert!(request(&old, &[0; RANDOM_BYTES]).is_empty(), "a request keeps its id");

    let id = [0x78, 0x64, 0xf1, 0x69, 0xef, 0xb2, 0xf0, 0xfe, 0x46, 0xca, 0x11, 0x3a, 0x05, 0xda, 0xb5, 0xfb];
    let fresh = example().requirer("my-app/0", true);
    assert_eq!(written(&request(&fresh, &id).app, &Databag::new()), old.local_app.unwrap());
}

#[test]
fn the_documented_example_is_answered_byte_for_byte() {
    let (fresh, old) =
        (example().provider("http-proxy-policy/0", true), example().provider("http-proxy-policy/0", false));
    let requests = provider::read(&fresh).ready().cloned().expect("the request is complete");
    let (id, content) = example().secrets().into_iter().next().unwrap();
    let field = |key: &str| content[key].clone();
    let user = Some(User { username: field("username"), password: field("password") });
    let verdict = Verdict::Ready { url: "http://squid.internal:3128/".into(), user };
    let answer = provider::answer(&fresh, &requests, &verdict);
    let written = |current: &Databag| trial::resolved(&answer.app, current, |_| id.clone());
    assert_eq!(written(&Databag::new()), old.local_app.clone().unwrap());
    assert_eq!(answer.app.offers().map(|offer| &offer.content).collect::<Vec<_>>(), [&content]);
    assert_eq!(provider::answer(&old, &requests, &verdict), answer);
    assert!(written(&old.local_app.unwrap()).is_empty());
    assert_eq!(provider::read(&view(&[])), Read::Waiting("requests".into()));
}

/// A relation with these responses, as a unit sees it that doesn't lead.
fn answered(responses: &Value) -> View {
    view(&[("responses", &responses.to_string())])
}

#[test]
fn complete_partial_and_bad_data() {
    let ready = |fields: Value| {
        let mut response = json!({"requirer": "r", "status": "ready", "auth": "none"});
        response.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!([response])
    };
    let both = |url: &str| ready(json!({"http_proxy": url, "https_proxy": url}));
    let with_user =
        |url: &str| ready(json!({"http_proxy": url, "https_proxy": url, "auth": "srcip+userpass", "user": SECRET}));
    let status = |word: &str| json!([{"requirer": "r", "status": word}]);
    let table = [
        (json!([]), "waiting responses"),
        (json!(null), "waiting responses"),
        (json!({}), "invalid responses: it is not a list of responses"),
        (json!([{"status": "ready"}]), "invalid responses: it is not a list of responses"),
        (status("pending"), "waiting responses"),
        (status("accepted"), "waiting responses"),
        (status("rejected"), "invalid responses: the proxy says rejected"),
        (status("error"), "invalid responses: the proxy says error"),
        (status("perhaps"), "invalid responses: the proxy's status is unknown"),
        (status("ready"), "invalid responses: auth is missing"),
        (ready(json!({"http_proxy": "http://p"})), "invalid responses: https_proxy is missing"),
        (ready(json!({"http_proxy": "http://p", "https_proxy": "http://q:1/x"})), "http://p/ http://q:1/x"),
        (both("p:3128"), "invalid responses: a proxy's address is not an http or https address"),
        (with_user("http://P:3128/x"), "http://u%40:p%2F@p:3128 http://u%40:p%2F@p:3128"),
        (
            ready(json!({"http_proxy": "http://p", "https_proxy": "http://p", "auth": "userpass"})),
            "invalid responses: user is missing",
        ),
        (json!([{"requirer": "a", "status": "pending"}, {"requirer": "b", "status": "pending"}]), "waiting responses"),
    ];
    let known = trial::secrets(&[("username", "u@"), ("password", "p/")]);
    for (responses, expected) in table {
        assert_eq!(said(&read(&answered(&responses), &known), shown), expected, "{responses}");
    }
    assert_eq!(
        said(&read(&answered(&with_user("http://p")), &trial::secrets(&[("username", "u")])), shown),
        "waiting responses"
    );
    assert_eq!(read(&View::empty("http-proxy", RelationId(17)), &known), Read::Absent);
}

#[test]
fn the_leader_looks_for_its_own_response_and_others_take_the_only_one() {
    let response = |id: &str, url: &str| json!({"requirer": id, "status": "ready", "auth": "none", "http_proxy": url, "https_proxy": url});
    let two = answered(&json!([response("a", "http://a/"), response("b", "http://b/")]));
    assert_eq!(said(&read(&two, &Secrets::new()), shown), "waiting responses");
    let requests = r#"[{"auth": [], "domains": [], "requirer": "b"}]"#;
    let leading = View { local_app: Some(Databag::from_iter([("requests", requests)])), ..two };
    assert_eq!(said(&read(&leading, &Secrets::new()), shown), "http://b/ http://b/");
    let stranger = View { local_app: Some(Databag::new()), ..answered(&json!([response("a", "http://a/")])) };
    assert_eq!(said(&read(&stranger, &Secrets::new()), shown), "waiting responses");
}

#[test]
fn an_id_is_a_uuid_of_version_4() {
    let request_of = |random: [u8; RANDOM_BYTES]| {
        let bag = written(&request(&leader(&[]), &random).app, &Databag::new());
        request_id(&bag).expect("a request was made")
    };
    assert_eq!(request_of([0xff; RANDOM_BYTES]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(request_of([0; RANDOM_BYTES]), "00000000-0000-4000-8000-000000000000");
    assert!(request(&view(&[]), &[0; RANDOM_BYTES]).is_empty(), "a unit that doesn't lead asks for nothing");
}

#[test]
fn nothing_shows_a_password() {
    let url = "http://p:3128";
    let response = json!([{
        "requirer": "r", "status": "ready", "auth": "userpass", "http_proxy": url, "https_proxy": url, "user": SECRET
    }]);
    let found = read(&answered(&response), &trial::secrets(&[("username", "u"), ("password", "hunter2")]));
    assert!(found.ready().is_some() && !format!("{found:?}").contains("hunter2"));
}

proptest! {
    #[test]
    fn arbitrary_data_is_ready_only_if_it_can_be_used(
        app in trial::databag(&["responses", "requests"]),
        fields in trial::databag(&["auth", "http_proxy", "https_proxy", "user", "status"]),
        as_fields: bool,
        contents in trial::secret(&["username", "password"]),
    ) {
        let mut view = view(&[]);
        view.remote_app = app.clone();
        if as_fields {
            let mut response = Databag::from_iter([("requirer", "r"), ("status", "ready")]);
            response.extend(fields);
            view.remote_app.insert("responses".into(), json::text(&[&response]));
        }
        let _ = (secrets(&view), provider::read(&view));
        if let Read::Ready(found) = read(&view, &contents) {
            for url in [&found.http, &found.https] {
                prop_assert!(check(url.expose()).is_ok());
            }
        }
        view.local_app = Some(app);
        let after = written(&request(&view, &[7; RANDOM_BYTES]).app, view.local_app.as_ref().unwrap());
        view.local_app = Some(after);
        prop_assert!(request(&view, &[8; RANDOM_BYTES]).is_empty());
    }
}
