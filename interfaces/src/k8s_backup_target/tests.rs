//! The two halves against the documented example, the rules for each field, and arbitrary data.

use juju::RelationId;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::example::Example;
use crate::trial::{self, leader, said, written};

fn example() -> Example {
    Example::parse(include_str!("../../fixtures/k8s-backup-target.json"))
}

fn texts(items: &[&str]) -> Option<Vec<String>> {
    Some(items.iter().map(|item| (*item).to_owned()).collect())
}

/// The request of the interface document's example.
fn target() -> Target {
    let spec = Spec {
        include_namespaces: texts(&["my-namespace"]),
        include_resources: texts(&["persistentvolumeclaims", "services", "deployments"]),
        include_cluster_resources: Some(false),
        label_selector: Some([("app".to_owned(), "my-app".to_owned())].into()),
        ttl: Some("24h".parse().unwrap()),
        ..Spec::default()
    };
    Target { app: "my-app".into(), relation_name: "backup".into(), model: "my-model".into(), spec }
}

/// The reading of a databag in a line.
fn told(bag: &[(&str, &str)]) -> String {
    said(&read(&trial::view(bag)), |targets| format!("{} ready", targets.len()))
}

/// The reading of an entry of the list form in a line.
fn entry(fields: &str) -> String {
    told(&[("backup_targets", &format!("[{{{fields}}}]"))])
}

const NAMES: &str = r#""app": "a", "relation_name": "b", "model": "m""#;

/// The reading of an entry with these filters.
fn spec(fields: &str) -> Read<Spec> {
    let list = format!("[{{{NAMES}, \"spec\": {{{fields}}}}}]");
    read(&trial::view(&[("backup_targets", &list)])).map(|targets| targets[0].spec.clone())
}

#[test]
fn the_documented_example_is_written_and_read_byte_for_byte() {
    let (fresh, old) = (example().requirer("my-app/0", true), example().requirer("my-app/0", false));
    let databag = old.local_app.clone().unwrap();
    assert_eq!(written(&provider::publish(&fresh, Some(&target())).app, &Databag::new()), databag);
    assert!(provider::publish(&old, Some(&target())).is_empty(), "a second time there is no key to write");
    let view = example().provider("velero-integrator/0", false);
    assert_eq!(read(&view), Read::Ready(vec![target()]));
    for form in [&["backup_targets"][..], &["app", "relation_name", "model", "spec"]] {
        let mut alone = view.clone();
        alone.remote_app.retain(|key, _| form.contains(&key.as_str()));
        assert_eq!(read(&alone), Read::Ready(vec![target()]), "{form:?}");
    }
}

/// Databag that the published library, version 0.1.0 under ops 3.9.0, wrote for a request with the interface's
/// documented values.
const RECORDED: &str = r#"[{"app": "my-app", "relation_name": "backup", "model": "my-model", "spec": {"include_namespaces": ["my-namespace"], "include_resources": null, "exclude_namespaces": null, "exclude_resources": null, "include_cluster_resources": false, "label_selector": {"app": "my-app"}, "ttl": "24h"}}]"#;

#[test]
fn the_published_library_s_databag_is_read_and_written_byte_for_byte() {
    let targets = read(&trial::view(&[("backup_targets", RECORDED)])).ready().unwrap().clone();
    assert_eq!(targets[0].spec.include_namespaces, texts(&["my-namespace"]));
    assert_eq!(
        (targets[0].spec.include_resources.as_ref(), targets[0].spec.include_cluster_resources),
        (None, Some(false))
    );
    let databag = written(&provider::publish(&leader(&[]), Some(&targets[0])).app, &Databag::new());
    assert_eq!(databag.text("backup_targets"), Some(RECORDED));
}

#[test]
fn the_flat_form_takes_plain_text_and_json_strings() {
    let plain = [("app", "a"), ("relation_name", "b"), ("model", "m"), ("spec", "{}")];
    let quoted = [("app", "\"a\""), ("relation_name", "\"b\""), ("model", "\"m\""), ("spec", "{}")];
    let expected = Target { app: "a".into(), relation_name: "b".into(), model: "m".into(), spec: Spec::default() };
    for bag in [plain, quoted] {
        assert_eq!(read(&trial::view(&bag)), Read::Ready(vec![expected.clone()]));
    }
}

#[test]
fn the_list_wins_over_the_flat_keys_even_if_it_is_malformed() {
    let flat = [("app", "flat"), ("relation_name", "b"), ("model", "m"), ("spec", "{}")];
    let with = |list: &str| {
        let bag = [&flat[..], &[("backup_targets", list)]].concat();
        said(&read(&trial::view(&bag)), |all| all[0].app.clone())
    };
    assert_eq!(with(&format!(r#"[{{{NAMES}, "spec": {{}}}}]"#)), "a");
    assert_eq!(with("{"), "invalid backup_targets: it is not JSON");
    assert_eq!(with("null"), "invalid backup_targets: it is not a list");
    assert_eq!(with("[]"), "waiting backup_targets");
    assert_eq!(with(""), "flat");
}

#[test]
fn each_wrong_field_is_named_with_its_path_and_reason() {
    let table = [
        ("", "app: it is missing"),
        (r#""app": 1"#, "app: it is not a text"),
        (r#""app": """#, "app: it is empty"),
        (r#""app": "a""#, "relation_name: it is missing"),
        (r#""app": "a", "relation_name": null"#, "relation_name: it is missing"),
        (r#""app": "a", "relation_name": []"#, "relation_name: it is not a text"),
        (r#""app": "a", "relation_name": "b", "model": {}"#, "model: it is not a text"),
        (r#""app": "a", "relation_name": "b", "model": "\u0007""#, "model: it has a control character"),
        (NAMES, "spec: it is missing"),
    ];
    for (fields, expected) in table {
        assert_eq!(entry(fields), format!("invalid backup_targets[0].{expected}"), "{fields}");
    }
    let table = [
        (r#""include_namespaces": "x""#, "include_namespaces: it is not a list of texts"),
        (r#""include_resources": [1]"#, "include_resources: it is not a list of texts"),
        (r#""exclude_namespaces": {}"#, "exclude_namespaces: it is not a list of texts"),
        (r#""exclude_resources": [null]"#, "exclude_resources: it is not a list of texts"),
        (r#""include_cluster_resources": "yes""#, "include_cluster_resources: it is neither true nor false"),
        (r#""include_cluster_resources": 1"#, "include_cluster_resources: it is neither true nor false"),
        (r#""label_selector": {"a": 1}"#, "label_selector: it is not an object of texts"),
        (r#""label_selector": ["a"]"#, "label_selector: it is not an object of texts"),
        (r#""ttl": 24"#, "ttl: it is not a text"),
        (r#""ttl": "bogus""#, "ttl: it is not a duration such as 24h, 1h30m or 30d"),
        (r#""ttl": "0s""#, "ttl: it is no time at all"),
    ];
    for (fields, expected) in table {
        let expected = format!("invalid backup_targets[0].spec.{expected}");
        assert_eq!(said(&spec(fields), |_| "ready".into()), expected, "{fields}");
    }
    let flat = [
        (&[("app", "a")][..], "spec: it is missing"),
        (&[("spec", "{}")][..], "app: it is missing"),
        (&[("spec", "[]"), ("app", "a"), ("relation_name", "b"), ("model", "m")][..], "spec: it is not an object"),
        (&[("spec", "{}"), ("app", "\"a")][..], "app: it is not JSON"),
        (&[("spec", "{}"), ("app", "\"\"")][..], "app: it is empty"),
        (&[("spec", "{}"), ("app", "a"), ("model", "m")][..], "relation_name: it is missing"),
    ];
    for (bag, expected) in flat {
        assert_eq!(told(bag), format!("invalid {expected}"), "{bag:?}");
    }
    assert_eq!(told(&[("backup_targets", "[7]")]), "invalid backup_targets[0]: it is not an object");
    let many = format!("[{}]", vec!["{}"; 200].join(","));
    assert_eq!(told(&[("backup_targets", &many)]), "invalid backup_targets: it has more than 128 entries");
}

#[test]
fn unset_fields_may_be_absent_or_null_and_unknown_ones_are_ignored() {
    assert_eq!(spec(""), Read::Ready(Spec::default()));
    let nulls = r#""include_namespaces": null, "include_resources": null, "exclude_namespaces": null,
        "exclude_resources": null, "include_cluster_resources": null, "label_selector": null, "ttl": null, "other": 1"#;
    assert_eq!(spec(nulls), Read::Ready(Spec::default()));
    let empty = spec(r#""include_namespaces": [], "label_selector": {}"#).ready().unwrap().clone();
    assert_eq!((empty.include_namespaces, empty.label_selector), (texts(&[]), Some(BTreeMap::new())));
}

#[test]
fn cluster_resources_have_three_states() {
    let states = [("true", Some(true)), ("\"true\"", Some(true)), ("\"false\"", Some(false)), ("null", None)];
    for (text, state) in states {
        let read = spec(&format!("\"include_cluster_resources\": {text}"));
        assert_eq!(read.ready().unwrap().include_cluster_resources, state, "{text}");
        let target = Target { spec: read.ready().unwrap().clone(), ..target() };
        let written = written(&provider::publish(&leader(&[]), Some(&target)).app, &Databag::new());
        let again = read_again(&written);
        assert_eq!(again[0].spec.include_cluster_resources, state, "{text}");
    }
}

fn read_again(bag: &Databag) -> Vec<Target> {
    read(&View { remote_app: bag.clone(), ..trial::view(&[]) }).ready().unwrap().clone()
}

#[test]
fn a_request_is_withdrawn_by_its_leader_and_other_units_write_nothing() {
    let full = written(&provider::publish(&leader(&[]), Some(&target())).app, &Databag::new());
    let view = View { local_app: Some(full.clone()), ..trial::view(&[]) };
    assert_eq!(written(&provider::publish(&view, None).app, &full), Databag::new());
    assert!(provider::publish(&leader(&[]), None).is_empty());
    assert!(provider::publish(&trial::view(&[]), Some(&target())).is_empty());
}

#[test]
fn the_requirer_reads_the_remote_application_alone() {
    assert_eq!(NEEDS, Needs { remote_app: true, ..Needs::default() });
    assert_eq!(read(&View::empty("backup", RelationId(1))), Read::Absent);
}

/// A relation with this id and this databag.
fn relation(id: u32, bag: &[(&str, &str)]) -> View {
    View { id: RelationId(id), ..trial::view(bag) }
}

#[test]
fn a_malformed_relation_does_not_hide_the_others() {
    let list = format!(r#"[{{{NAMES}, "spec": {{"ttl": "1h"}}}}, {{{NAMES}, "spec": {{}}}}]"#);
    let bad = format!(r#"[{{{NAMES}, "spec": {{}}}}, {{{NAMES}, "spec": {{"label_selector": {{"a": 1}}}}}}]"#);
    let flat = [("app", "a"), ("relation_name", "b"), ("model", "other"), ("spec", "{}")];
    let views = [
        relation(9, &flat),
        relation(7, &[("backup_targets", &list)]),
        relation(5, &[("backup_targets", &bad)]),
        relation(6, &[]),
    ];
    let targets = Targets::read(&views);
    assert!(targets.is_ready());
    let all: Vec<_> = targets.all().map(|(id, target)| (id.0, target.model.as_str())).collect();
    assert_eq!(all, [(7, "m"), (7, "m"), (9, "other")]);
    assert_eq!(targets.get("a", "b", "m").unwrap().ttl, Some("1h".parse().unwrap()), "the first one wins");
    assert_eq!(targets.get("a", "b", "other"), Some(&Spec::default()));
    for (app, endpoint, model) in [("x", "b", "m"), ("a", "x", "m"), ("a", "b", "x")] {
        assert_eq!(targets.get(app, endpoint, model), None);
    }
    let errors: Vec<_> = targets.errors().map(|error| error.to_string()).collect();
    let path = "backup_targets[1].spec.label_selector";
    assert_eq!(errors, [format!("k8s_backup_target relation 5: {path}: it is not an object of texts")]);
    assert!(!Targets::read(&views[2..]).is_ready());
    assert!(!Targets::read(&[]).is_ready());
}

fn list() -> impl Strategy<Value = Option<Vec<String>>> {
    option::of(vec(any::<String>(), 0..4))
}

fn specs() -> impl Strategy<Value = Spec> {
    let labels = option::of(btree_map(any::<String>(), any::<String>(), 0..3));
    let ttl = option::of("[1-9][0-9]{0,3}[dhms]".prop_map(|text| text.parse().unwrap()));
    (list(), list(), list(), list(), any::<Option<bool>>(), labels, ttl).prop_map(
        |(include_namespaces, include_resources, exclude_namespaces, exclude_resources, flag, labels, ttl)| Spec {
            include_namespaces,
            include_resources,
            exclude_namespaces,
            exclude_resources,
            include_cluster_resources: flag,
            label_selector: labels,
            ttl,
        },
    )
}

proptest! {
    #[test]
    fn every_request_is_read_as_it_was_written(app in "[a-z\"{ü]{1,9}", relation_name in "[a-z_-]{1,9}", spec in specs()) {
        // The flat form takes a text in quotation marks for a JSON string.
        let app = app.trim_start_matches('"').to_owned() + "a";
        let target = Target { app, relation_name, model: "m".to_owned(), spec };
        let mut bag = written(&provider::publish(&leader(&[]), Some(&target)).app, &Databag::new());
        prop_assert_eq!(&read_again(&bag), std::slice::from_ref(&target));
        bag.remove("backup_targets");
        prop_assert_eq!(&read_again(&bag), &[target]);
    }

    #[test]
    fn arbitrary_data_is_read_without_a_panic(
        bag in trial::databag(&["backup_targets", "app", "relation_name", "model", "spec"]),
        list in "[\\[\\]{}\":,a-z_0-9 ]{0,40}",
    ) {
        for bag in [bag, Databag::from_iter([("backup_targets", list.as_str())]), Databag::from_iter([("spec", list.as_str())])] {
            if let Read::Ready(targets) = read(&View { remote_app: bag, ..trial::view(&[]) }) {
                prop_assert!(targets.iter().all(|target| ![&target.app, &target.model].iter().any(|name| name.is_empty())));
            }
        }
    }
}
