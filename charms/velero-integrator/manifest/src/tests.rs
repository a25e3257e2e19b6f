//! Each field set and unset, the rules for names, and the shape of Velero's definitions.

mod published;

use std::collections::BTreeSet;

use interfaces::k8s_backup_target::{Spec, Target};
use interfaces::velero_backup_config::{self, Request};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn list(items: &[&str]) -> Option<Vec<String>> {
    Some(items.iter().map(|item| (*item).to_owned()).collect())
}

/// A request with every field.
fn full() -> Request {
    let spec = Spec {
        include_namespaces: list(&["shop"]),
        include_resources: list(&["services", "deployments"]),
        exclude_namespaces: list(&["kube-system"]),
        exclude_resources: list(&["pods"]),
        include_cluster_resources: Some(false),
        label_selector: Some([("app".to_owned(), "shop".to_owned())].into()),
        ttl: Some("30d".parse().unwrap()),
    };
    let schedule = velero_backup_config::Schedule {
        cron: Some("0 2 * * *".parse().unwrap()),
        paused: true,
        skip_immediately: false,
        use_owner_references_in_backup: true,
    };
    Request {
        target: Target { app: "shop".into(), relation_name: "the_backup".into(), model: "prod".into(), spec },
        schedule,
    }
}

fn operator() -> Operator {
    Operator {
        namespace: "velero".into(),
        storage_location: Some("default".into()),
        volume_snapshot_locations: vec!["aws".into()],
        default_volumes_to_fs_backup: Some(true),
    }
}

fn ending(text: &str) -> Name {
    Name::Ending(text.to_owned())
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// `spec` of a backup of these filters, without settings of the operator.
fn spec(spec: Spec) -> Value {
    let target = Target { spec, ..full().target };
    value(&Backup::new(&target, &Operator::default(), &Name::Generated).unwrap().json())["spec"].clone()
}

fn template() -> Value {
    json!({
        "includedNamespaces": ["shop"],
        "excludedNamespaces": ["kube-system"],
        "includedResources": ["services", "deployments"],
        "excludedResources": ["pods"],
        "includeClusterResources": false,
        "labelSelector": {"matchLabels": {"app": "shop"}},
        "ttl": "720h0m0s",
        "storageLocation": "default",
        "volumeSnapshotLocations": ["aws"],
        "defaultVolumesToFsBackup": true,
    })
}

#[test]
fn a_full_request_is_a_backup_with_every_field() {
    let backup = Backup::new(&full().target, &operator(), &Name::Generated).unwrap();
    let metadata = json!({
        "generateName": "shop-the-backup-",
        "namespace": "velero",
        "labels": {"app": "shop", "endpoint": "the_backup", "model": "prod"},
    });
    let expected = json!({"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": metadata, "spec": template()});
    assert_eq!(value(&backup.json()), expected);
}

#[test]
fn a_schedule_has_the_backup_as_its_template_and_a_name_that_stays() {
    let schedule = Schedule::new(&full(), &operator(), &ending("prod")).unwrap().unwrap();
    let found = value(&schedule.json());
    assert_eq!((&found["kind"], &found["metadata"]["name"]), (&json!("Schedule"), &json!("shop-the-backup-prod")));
    let expected = json!({
        "template": template(),
        "schedule": "0 2 * * *",
        "paused": true,
        "skipImmediately": false,
        "useOwnerReferencesInBackup": true,
    });
    assert_eq!(found["spec"], expected);
    let by_hand = Request { schedule: velero_backup_config::Schedule::default(), ..full() };
    assert_eq!(Schedule::new(&by_hand, &operator(), &ending("prod")), Ok(None));
}

#[test]
fn unset_and_empty_fields_are_left_out() {
    assert_eq!(spec(Spec::default()), json!({}));
    let empty = Spec {
        include_namespaces: list(&[]),
        include_resources: list(&[]),
        label_selector: Some([].into()),
        ..Spec::default()
    };
    assert_eq!(spec(empty), json!({}));
    let table = [
        (Spec { include_namespaces: list(&["a"]), ..Spec::default() }, json!({"includedNamespaces": ["a"]})),
        (Spec { include_resources: list(&["a"]), ..Spec::default() }, json!({"includedResources": ["a"]})),
        (Spec { exclude_namespaces: list(&["a"]), ..Spec::default() }, json!({"excludedNamespaces": ["a"]})),
        (Spec { exclude_resources: list(&["a"]), ..Spec::default() }, json!({"excludedResources": ["a"]})),
        (Spec { include_cluster_resources: Some(true), ..Spec::default() }, json!({"includeClusterResources": true})),
        (Spec { include_cluster_resources: Some(false), ..Spec::default() }, json!({"includeClusterResources": false})),
        (Spec { ttl: Some("1h30m".parse().unwrap()), ..Spec::default() }, json!({"ttl": "1h30m0s"})),
    ];
    for (fields, expected) in table {
        assert_eq!(spec(fields), expected);
    }
}

#[test]
fn names_that_kubernetes_refuses_are_refused_with_their_field() {
    let with = |app: &str, endpoint: &str, model: &str, name: &Name| {
        let target =
            Target { app: app.into(), relation_name: endpoint.into(), model: model.into(), spec: Spec::default() };
        Backup::new(&target, &operator(), name).err()
    };
    let long = "a".repeat(64);
    let table = [
        (with("a", "b", "c", &Name::Generated), None),
        (with("a.b", "b", "c", &ending("1")), None),
        (with("ä", "b", "c", &Name::Generated), Some(Error::Label("app"))),
        (with("a", "b/c", "c", &Name::Generated), Some(Error::Label("relation_name"))),
        (with("a", "b", "-c", &Name::Generated), Some(Error::Label("model"))),
        (with(&long, "b", "c", &Name::Generated), Some(Error::Label("app"))),
        (with("", "b", "c", &Name::Generated), Some(Error::Label("app"))),
        (with("A", "b", "c", &Name::Generated), Some(Error::Name)),
        (with("a..b", "b", "c", &Name::Generated), Some(Error::Name)),
        (with("a", "b", "c", &ending("")), Some(Error::Name)),
        (with("a", "b", "c", &ending(&"1".repeat(250))), Some(Error::Name)),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}

/// Fields of `spec` in Velero's documentation of both kinds, with the JSON type of each.
const DOCUMENTED: [(&str, &str); 10] = [
    ("includedNamespaces", "array"),
    ("excludedNamespaces", "array"),
    ("includedResources", "array"),
    ("excludedResources", "array"),
    ("includeClusterResources", "boolean"),
    ("labelSelector", "object"),
    ("ttl", "string"),
    ("storageLocation", "string"),
    ("volumeSnapshotLocations", "array"),
    ("defaultVolumesToFsBackup", "boolean"),
];

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::Bool(_) => "boolean",
        Value::Object(_) => "object",
        Value::String(_) => "string",
        _ => "other",
    }
}

#[test]
fn every_field_is_documented_and_has_its_type() {
    let backup = value(&Backup::new(&full().target, &operator(), &Name::Generated).unwrap().json());
    let found: BTreeSet<_> =
        backup["spec"].as_object().unwrap().iter().map(|(key, value)| (key.as_str(), kind(value))).collect();
    assert_eq!(found, DOCUMENTED.into());
}

proptest! {
    #[test]
    fn any_names_make_an_object_that_kubernetes_names_or_an_error(app in any::<String>(), endpoint in "[a-zA-Z_.-]{0,9}") {
        let target = Target { app, relation_name: endpoint, model: "m".into(), spec: Spec::default() };
        if let Ok(backup) = Backup::new(&target, &operator(), &ending("1")) {
            let name = backup.metadata.name.unwrap();
            prop_assert!(name.len() < 254 && name.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.0123456789".contains(&byte)));
        }
    }
}
