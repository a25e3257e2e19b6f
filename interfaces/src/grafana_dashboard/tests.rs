//! The two halves against the documented example, odd data, and arbitrary data.

use proptest::prelude::*;
use serde_json::json;

use super::provider::{Dashboard, NoObject};
use super::*;
use crate::example::Example;
use crate::topology::Topology;
use crate::trial::{self, said, written};

const FOLDER: &str = "cos_merged/grafana_dashboards";

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/grafana-dashboard.json"))
}

fn dashboard(file: &str, content: &Value) -> Result<Dashboard, NoObject> {
    Dashboard::of("my-app-k8s", FOLDER, file, content)
}

/// The document without what was packed and drawn.
fn plain(bag: &Databag) -> Value {
    let mut document: Value = serde_json::from_str(bag.text(DASHBOARDS).unwrap()).unwrap();
    document["uuid"] = Value::Null;
    document["templates"]["file:go"]["content"] = Value::Null;
    document
}

#[test]
fn the_documented_example_is_read_and_published() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    let read = read(&example().provider("grafana/0", false)).ready().cloned().unwrap();
    let content = json!({
        "title": "Go", "panels": [], "tags": ["charm: my-app-k8s"],
        "uid": "0cba56e6fbd79bd74239585e635362aa5f828c3f",
    });
    assert_eq!(read, [("file:go".to_owned(), content)].into());
    let ours = [dashboard("go.json", &json!({"title": "Go", "panels": []})).unwrap()];
    let changes = provider::publish(&fresh, &Topology::example("my-app/0"), &ours);
    let app = written(&changes.app, &Databag::new());
    assert_eq!(plain(&app), plain(old.local_app.as_ref().unwrap()));
    let seen = trial::view(&[(DASHBOARDS, app.text(DASHBOARDS).unwrap())]);
    assert_eq!(super::read(&seen), Read::Ready(read), "what we pack is unpacked");
    let again = View { local_app: Some(app), ..fresh };
    assert!(
        provider::publish(&again, &Topology::example("my-app/0"), &ours).is_empty(),
        "a second time there is nothing to write"
    );
    let follower = View { local_app: None, ..again };
    assert!(provider::publish(&follower, &Topology::example("my-app/0"), &ours).is_empty());
}

#[test]
fn the_uuid_differs_if_the_dashboards_do() {
    let uuid = |title: &str| {
        let ours = [dashboard("go.json", &json!({"title": title})).unwrap()];
        let app = written(
            &provider::publish(&trial::leader(&[]), &Topology::example("my-app/0"), &ours).app,
            &Databag::new(),
        );
        let document: Value = serde_json::from_str(app.text(DASHBOARDS).unwrap()).unwrap();
        document["uuid"].as_str().unwrap().to_owned()
    };
    assert_ne!(uuid("a"), uuid("b"));
    assert_eq!(uuid("a"), uuid("a"));
    let lengths: Vec<_> = uuid("a").split('-').map(str::len).collect();
    assert_eq!((lengths, &uuid("a")[14..15], &uuid("a")[19..20]), (vec![8, 4, 4, 4, 12], "8", "8"));
}

#[test]
fn a_uid_of_full_length_and_a_tag_of_the_charm_are_kept() {
    let uid = "0123456789abcdef0123456789abcdef01234567";
    let content = json!({"uid": uid, "tags": ["mine", "charm: other"]});
    let same = json!({"tags": ["mine", "charm: other"], "uid": uid});
    assert_eq!(dashboard("a.json", &content), dashboard("a.json", &same));
    let short = json!({"uid": "short", "tags": "none"});
    assert_ne!(dashboard("a.json", &short), dashboard("b.json", &short), "each file has its own uid");
    assert_eq!(dashboard("a.json", &json!([1])), Err(NoObject));
    let files = ["a.json", "a.json.tmpl", "a.tmpl", ".json", "a.yaml", "json"];
    assert_eq!(files.map(provider::is_dashboard), [true, true, true, false, false, false]);
}

#[test]
fn what_grafana_cannot_use_is_told_by_its_key() {
    let content = |text: &str| format!(r#"{{"templates": {{"file:a": {{"content": "{text}"}}}}}}"#);
    let packed = BASE64_STANDARD.encode(xz::compress(b"{"));
    let table = [
        (String::new(), "waiting dashboards"),
        ("{".to_owned(), "invalid dashboards: it is not JSON"),
        ("[]".to_owned(), "invalid dashboards: its templates are not an object"),
        (r#"{"templates": {"a": 1}}"#.to_owned(), "invalid dashboards: a template's content is not a text"),
        (content("%"), "invalid dashboards: a template's content is not base64"),
        (content("AAAA"), "invalid dashboards: a template's content is not xz, or is cut off"),
        (
            content(&BASE64_STANDARD.encode([0; 40])),
            "invalid dashboards: a template's content is not xz, or is cut off",
        ),
        (content(&packed), "invalid dashboards: a template's content is not JSON"),
        (r#"{"templates": {}}"#.to_owned(), "ready"),
    ];
    for (text, expected) in table {
        let view = trial::view(&[(DASHBOARDS, &text)]);
        assert_eq!(said(&read(&view), |_| "ready".to_owned()), expected, "{text:.100}");
    }
}

#[test]
fn a_verdict_reaches_the_application() {
    let errors = [("file:go".to_owned(), "no title".to_owned())].into();
    let event = written(&answer(&trial::leader(&[]), &errors).app, &Databag::new());
    let complaint = provider::complaint(&trial::view(&[(EVENT, event.text(EVENT).unwrap())]));
    assert_eq!(complaint.as_deref(), Some(r#"[{"dashboard_id": "file:go", "error": "no title"}]"#));
    let fine = written(&answer(&trial::leader(&[]), &BTreeMap::new()).app, &Databag::new());
    assert_eq!(provider::complaint(&trial::view(&[(EVENT, fine.text(EVENT).unwrap())])), None);
}

proptest! {
    #[test]
    fn arbitrary_data_is_read_or_refused(app in trial::databag(&[DASHBOARDS, EVENT])) {
        let mut view = trial::view(&[]);
        view.remote_app = app;
        let _ = (read(&view), provider::complaint(&view));
    }
}
