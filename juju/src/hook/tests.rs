//! Every hook, from its variables and back to its name.

use std::collections::BTreeMap;

use super::*;
use crate::context::ContextError;

const SECRET: &str = "secret:9m4e2mr0ui3e8a215n4g";

fn read(hook: &str, extra: &[(&str, &str)]) -> Result<Event, ContextError> {
    let path = format!("hooks/{hook}");
    let all = extra.iter().copied().chain([("JUJU_DISPATCH_PATH", path.as_str())]);
    let vars: BTreeMap<String, String> = all.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    Event::read(&vars)
}

#[test]
fn hooks_without_data() {
    let names = [
        "install",
        "start",
        "stop",
        "remove",
        "config-changed",
        "update-status",
        "upgrade-charm",
        "leader-elected",
        "leader-settings-changed",
        "collect-metrics",
        "meter-status-changed",
        "pre-series-upgrade",
        "post-series-upgrade",
    ];
    for name in names {
        let event = read(name, &[]).expect(name);
        assert_ne!(event.kind(), EventKind::Unknown, "{name}");
        assert_eq!(event.name(), name);
        assert_eq!(event.subject(), None);
    }
}

#[test]
fn relation_hooks() {
    let vars = [
        ("JUJU_RELATION", "db"),
        ("JUJU_RELATION_ID", "db:7"),
        ("JUJU_REMOTE_UNIT", "pg/1"),
        ("JUJU_REMOTE_APP", ""),
        ("JUJU_DEPARTING_UNIT", "pg/1"),
    ];
    for word in ["created", "joined", "changed", "departed", "broken"] {
        let name = format!("db-relation-{word}");
        let event = read(&name, &vars).expect("a relation event");
        assert_eq!(event.name(), name);
        assert_eq!(event.broken().is_some(), word == "broken");
        let Event::Relation(relation) = event else { panic!("not a relation event") };
        assert_eq!(relation.id, RelationId(7));
        assert_eq!(relation.app.as_deref(), Some("pg"));
        assert_eq!(relation.departing, relation.unit);
    }
    assert!(read("db-relation-joined", &[]).is_err());
}

#[test]
fn workload_hooks() {
    let vars = [
        ("JUJU_WORKLOAD_NAME", "app"),
        ("JUJU_NOTICE_ID", "3"),
        ("JUJU_NOTICE_TYPE", "custom"),
        ("JUJU_NOTICE_KEY", "example.com/done"),
        ("JUJU_PEBBLE_CHECK_NAME", "up"),
    ];
    for word in ["pebble-ready", "pebble-custom-notice", "pebble-check-failed", "pebble-check-recovered"] {
        let event = read(&format!("app-{word}"), &vars).expect("a workload event");
        assert_eq!(event.name(), format!("app-{word}"));
        assert_eq!(event.subject(), Some("app"));
    }
    let later = read("app-pebble-change-updated", &vars).expect("a newer Juju's event");
    assert_eq!(later, Event::Unknown("app-pebble-change-updated".to_owned()));
}

#[test]
fn storage_and_secret_hooks() {
    let storage = [("JUJU_STORAGE_ID", "data/0"), ("JUJU_STORAGE_LOCATION", "/srv")];
    let event = read("data-storage-attached", &storage).expect("a storage event");
    assert_eq!(event.name(), "data-storage-attached");
    let Event::Storage(event) = event else { panic!("not a storage event") };
    assert_eq!((event.name.as_str(), event.id.as_str()), ("data", "data/0"));

    let secret = [("JUJU_SECRET_ID", SECRET), ("JUJU_SECRET_LABEL", "db"), ("JUJU_SECRET_REVISION", "4")];
    for name in ["secret-changed", "secret-rotate", "secret-expired", "secret-remove"] {
        let event = read(name, &secret).expect(name);
        assert_eq!(event.name(), name);
        let Event::Secret(event) = event else { panic!("not a secret event") };
        assert_eq!((event.label.as_deref(), event.revision), (Some("db"), Some(4)));
    }
}

#[test]
fn actions_and_unknown_hooks() {
    let action = read("ignored", &[("JUJU_ACTION_NAME", "rotate"), ("JUJU_ACTION_UUID", "12")]).expect("an action");
    assert_eq!(action, Event::Action(ActionEvent { name: "rotate".to_owned(), id: "12".to_owned() }));
    assert_eq!(read("brand-new", &[]).expect("unknown").name(), "brand-new");
    assert!(Event::read(&BTreeMap::new()).is_err());
}

#[test]
fn the_hook_name_stands_in_for_a_missing_path() {
    let vars = BTreeMap::from([("JUJU_HOOK_NAME".to_owned(), "start".to_owned())]);
    assert_eq!(Event::read(&vars).expect("an event"), Event::Start);
}

#[test]
fn events_survive_the_deferral_queue() {
    let event = read("secret-changed", &[("JUJU_SECRET_ID", SECRET)]).expect("an event");
    let text = serde_json::to_string(&event).expect("plain data");
    assert_eq!(serde_json::from_str::<Event>(&text).expect("its own text"), event);
}
