//! Tables of states and events that Juju could never produce, one in each line.

mod container;

use super::*;
use crate::environment::JUJU_VERSION;
use crate::model::Addresses;
use crate::state::{StateContainer, StateSecret, StateStorage};
use juju::{ActionEvent, CharmFiles, Databag, RelationId, UnitName, WorkloadEvent, WorkloadKind};

const METADATA: &str = "
name: web
containers: {app: {}}
requires: {db: {interface: pg, limit: 1}}
peers: {ring: {interface: ring}}
resources: {image: {type: oci-image}}
extra-bindings: {admin: }
storage: {data: {type: filesystem}}
";
const CONFIG: &str = "options: {port: {type: int}, key: {type: secret}}";
const ACTIONS: &str = "greet: {params: {times: {type: integer}}, required: [times]}";
const ID: &str = "9m4e2mr0ui3e8a215n4g";

fn scene() -> Scene {
    Scene { charm: CharmFiles::parse(METADATA, CONFIG, ACTIONS).unwrap(), unit: UnitName::new("web", 0) }
}

fn wrong(event: &Event, state: &State) -> Vec<String> {
    check((&scene(), JUJU_VERSION), event, &Map::new(), state)
}

fn with_relation(relation: StateRelation) -> State {
    State { relations: vec![relation], ..State::default() }
}

fn with_secret(change: impl FnOnce(&mut StateSecret)) -> State {
    let mut secret = StateSecret::new(ID, [("key", "value")]);
    change(&mut secret);
    State { secrets: vec![secret], ..State::default() }
}

fn secret_event(kind: SecretKind) -> Event {
    Event::Secret(SecretEvent { kind, id: ID.parse().unwrap(), label: None, revision: None })
}

fn pebble_ready(container: &str) -> Event {
    Event::Workload(WorkloadEvent { container: container.into(), kind: WorkloadKind::PebbleReady })
}

#[test]
fn a_possible_world_is_left_alone() {
    let state = State {
        relations: vec![StateRelation::new(1, "db"), StateRelation::peer(2, "ring")],
        config: [("port".to_owned(), 80.into()), ("key".to_owned(), format!("secret:{ID}").as_str().into())].into(),
        networks: [("db".to_owned(), Addresses::of("10.0.0.1")), ("admin".to_owned(), Addresses::of("10.0.0.2"))]
            .into(),
        resources: [("image".to_owned(), "/image.yaml".into())].into(),
        containers: vec![StateContainer::ready("app")],
        storages: vec![StateStorage::new("data", 0, "/srv")],
        ..with_secret(|_| ())
    };
    for event in [
        Event::Install,
        StateRelation::new(1, "db").changed("web", Some(0)),
        StateRelation::new(1, "db").departed("web", 7),
        secret_event(SecretKind::Changed),
        pebble_ready("app"),
        StateStorage::new("data", 0, "/srv").detaching(),
    ] {
        assert_eq!(wrong(&event, &state), Vec::<String>::new());
    }
}

#[test]
fn impossible_states_are_named() {
    let twice = State { relations: vec![StateRelation::new(1, "db"), StateRelation::new(1, "db")], ..State::default() };
    let huge = "x".repeat(MAX_DATABAG_BYTES);
    for (state, sentences) in [
        (twice, &["several relations have the id 1", "endpoint \"db\" has 2 relations, its limit is 1"][..]),
        (with_relation(StateRelation::new(1, "nope")), &["relation 1: endpoint \"nope\" is not in the metadata"]),
        (
            with_relation(StateRelation::new(1, "ring")),
            &["relation 1: \"ring\" is a peer endpoint, there is no application \"remote\" at its other end"],
        ),
        (
            with_relation(StateRelation::peer(1, "db")),
            &["relation 1: \"db\" is no peer endpoint, it needs a remote application"],
        ),
        (
            with_relation(StateRelation { units_data: [(0, Databag::new())].into(), ..StateRelation::peer(1, "ring") }),
            &["relation 1: the unit's own number is among those of its peers"],
        ),
        (
            with_relation(StateRelation { remote_app: Some("web".into()), ..StateRelation::new(1, "db") }),
            &["relation 1: the remote application is the unit's own"],
        ),
        (
            with_relation(StateRelation {
                remote_app_data: Databag::from_iter([("key", huge)]),
                ..StateRelation::new(1, "db")
            }),
            &["relation 1: settings of 16777219 bytes exceed the limit of 16777216"],
        ),
        (
            with_relation(StateRelation {
                local_app_data: Databag::from_iter([("key", "")]),
                ..StateRelation::new(1, "db")
            }),
            &["relation 1 of web/0: key \"key\" has an empty value, which Juju never keeps"],
        ),
    ] {
        assert_eq!(wrong(&Event::Start, &state), sentences);
    }
}

#[test]
fn impossible_options_secrets_and_names_are_named() {
    let cases: [(State, &[&str]); 5] = [
        (
            State {
                config: [
                    ("nope".to_owned(), 1.into()),
                    ("port".to_owned(), "x".into()),
                    ("key".to_owned(), "x".into()),
                ]
                .into(),
                ..State::default()
            },
            &[
                "option \"key\": expected secret, got text",
                "option \"nope\" is not declared",
                "option \"port\": expected int, got text",
            ],
        ),
        (with_secret(|secret| secret.latest_content.clear()), &["secret 9m4e2mr0ui3e8a215n4g is empty"]),
        (
            with_secret(|secret| secret.grants = [RelationId(7)].into()),
            &[
                "secret 9m4e2mr0ui3e8a215n4g is granted to a relation, but not ours to grant",
                "secret 9m4e2mr0ui3e8a215n4g is granted to relation 7, which is not in the state",
            ],
        ),
        (
            State { networks: [("nope".to_owned(), Addresses::of("10.0.0.1"))].into(), ..State::default() },
            &["network \"nope\" is neither an endpoint nor an extra binding"],
        ),
        (
            State { resources: [("nope".to_owned(), "/x".into())].into(), ..State::default() },
            &["resource \"nope\" is not declared"],
        ),
    ];
    for (state, sentences) in cases {
        assert_eq!(wrong(&Event::Start, &state), sentences);
    }
}

#[test]
fn impossible_events_are_named() {
    let greet = |name: &str| Event::Action(ActionEvent { name: name.into(), id: "1".into() });
    let db = StateRelation::new(1, "db");
    let other = StateRelation { id: RelationId(1), ..StateRelation::peer(1, "ring") };
    let owned = |owner, leader| State { leader, ..with_secret(|secret| secret.owner = owner) };
    for (event, state, sentence) in [
        (db.created("web"), State::default(), "the event's relation 1 is not in the state"),
        (other.created("web"), with_relation(db.clone()), "the event is of endpoint \"ring\", relation 1 of \"db\""),
        (db.joined("web", 7), with_relation(db.clone()), "the event's unit remote/7 is not in relation 1"),
        (pebble_ready("nope"), State::default(), "the event's container \"nope\" is not in the metadata"),
        (greet("nope"), State::default(), "the action \"nope\" is not declared"),
        (greet("greet"), State::default(), "action \"greet\": parameter \"times\" is required"),
        (
            secret_event(SecretKind::Changed),
            State::default(),
            "the event's secret 9m4e2mr0ui3e8a215n4g is not in the state",
        ),
        (
            secret_event(SecretKind::Changed),
            owned(StateOwner::Unit, false),
            "secret-changed of secret 9m4e2mr0ui3e8a215n4g, which the unit owns itself",
        ),
        (
            secret_event(SecretKind::Changed),
            owned(StateOwner::App, true),
            "secret-changed of secret 9m4e2mr0ui3e8a215n4g, which the unit owns itself",
        ),
        (
            secret_event(SecretKind::Rotate),
            owned(StateOwner::App, false),
            "Rotate of secret 9m4e2mr0ui3e8a215n4g, which the unit does not own",
        ),
    ] {
        assert_eq!(wrong(&event, &state), [sentence]);
    }
}

#[test]
fn a_databag_in_json_holds_strings_only() {
    let good = r#"{"leader": true, "relations": [{"id": 1, "endpoint": "db", "remote_app_data": {"port": "5432"}}]}"#;
    let state = State::from_json(good).unwrap();
    assert_eq!(state.relations[0].remote_app_data.text("port"), Some("5432"));
    assert_eq!(state.relations[0].units_data.len(), 1, "what is not said is as ever");
    for value in ["5432", "true", "null", "[\"5432\"]", "{\"a\": \"b\"}"] {
        let bad = good.replace("\"5432\"", value);
        let error = State::from_json(&bad).unwrap_err();
        assert_eq!(error.line, 1, "{value}: {error}");
    }
    assert!(State::from_json(r#"{"leeder": true}"#).is_err(), "a misspelt field is no state");
}

#[test]
fn events_of_strangers_and_of_another_leader_are_named() {
    let db = StateRelation::new(1, "db");
    let stranger = StateRelation { remote_app: Some("mysql".into()), ..db.clone() };
    for (event, state, sentences) in [
        (Event::LeaderElected, State::default(), &["leader-elected, and web/0 does not lead"][..]),
        (
            stranger.changed("web", None),
            with_relation(db.clone()),
            &["the event's application mysql is not in relation 1, that is remote"],
        ),
        (
            stranger.changed("web", Some(0)),
            with_relation(db.clone()),
            &[
                "the event's application mysql is not in relation 1, that is remote",
                "the event's unit mysql/0 is no unit of remote",
            ],
        ),
    ] {
        assert_eq!(wrong(&event, &state), sentences);
    }
    let leads = State { leader: true, ..State::default() };
    assert_eq!(wrong(&Event::LeaderElected, &leads), Vec::<String>::new());
}

#[test]
fn a_container_scoped_relation_of_two_units_is_refused() {
    let metadata = "{name: sub, subordinate: true, requires: {host: {interface: juju-info, scope: container}}}";
    let charm = CharmFiles::parse(metadata, "", "").unwrap();
    let scene = Scene { charm, unit: UnitName::new("sub", 0) };
    let with_units = |numbers: &[u32]| {
        let units_data = numbers.iter().map(|number| (*number, Databag::new())).collect();
        with_relation(StateRelation { units_data, ..StateRelation::new(1, "host") })
    };
    let wrong = |state: &State| check((&scene, JUJU_VERSION), &Event::Start, &Map::new(), state);
    assert_eq!(wrong(&with_units(&[4])), Vec::<String>::new());
    let sentence = "relation 1: \"host\" has container scope, so one remote unit and not 2";
    assert_eq!(wrong(&with_units(&[4, 5])), [sentence]);
}

#[test]
fn parts_of_later_versions_of_juju_are_named() {
    let version = |major, minor, patch| Version { major, minor, patch };
    let with = |version, state: &State| check((&scene(), version), &Event::Start, &Map::new(), state);
    let secrets = with_secret(|_| ());
    assert_eq!(with(version(2, 9, 49), &secrets), ["secrets came with Juju 3.0.0, and this is 2.9.49"]);
    assert_eq!(with(version(3, 0, 0), &secrets), Vec::<String>::new());
    let pods = State { cloud_spec: Some(serde_json::json!({})), ..State::default() };
    let machines = State { machine: Some(4), ..pods.clone() };
    let sentence = "on Kubernetes the cloud spec came with Juju 3.6.10, and this is 3.6.9";
    assert_eq!(with(version(3, 6, 9), &pods), [sentence]);
    assert_eq!((with(version(3, 6, 10), &pods), with(version(3, 6, 9), &machines)), (Vec::new(), Vec::new()));
}

#[test]
fn a_subordinate_without_its_principal_is_warned_of() {
    let metadata = "{name: sub, subordinate: true, requires: {host: {interface: juju-info, scope: container}}}";
    let scene = Scene { charm: CharmFiles::parse(metadata, "", "").unwrap(), unit: UnitName::new("sub", 0) };
    let warning = "sub/0 is a subordinate, and no relation leads to its principal";
    assert_eq!(warnings(&scene, &Event::Start, &State::default()), [warning]);
    assert_eq!(warnings(&scene, &Event::Start, &with_relation(StateRelation::new(1, "host"))), Vec::<String>::new());
}
