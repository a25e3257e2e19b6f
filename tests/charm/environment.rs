//! The agent's environment with variables that are missing or malformed, through the real binary: the hook fails with one
//! line that names the variable, and writes no status and no databag.

use juju::{
    Event, RelationEvent, RelationId, RelationKind, SecretEvent, SecretKind, StatusKind, Whose, WorkloadEvent,
    WorkloadKind,
};

use super::start::with_database;
use crate::support::{CONTAINER, World, pebble_ready};

/// A variable, a value of it that Juju never sets, and the words that end the line of the log.
type Row = (&'static str, &'static str, &'static str);

const EVERY_HOOK: [Row; 10] = [
    ("JUJU_UNIT_NAME", "", "JUJU_UNIT_NAME is not set; this program is started by Juju"),
    ("JUJU_UNIT_NAME", "flask-k8s", "as a unit name: expected application/number"),
    ("JUJU_UNIT_NAME", "../../flask-k8s/0", "as a unit name: expected application/number"),
    ("JUJU_UNIT_NAME", "flask-k8s/99999999999999", "as a unit name: expected application/number"),
    ("JUJU_MODEL_NAME", "", "JUJU_MODEL_NAME is not set; this program is started by Juju"),
    ("JUJU_MODEL_NAME", "a\nb", "the name of a model has lower-case letters, digits and dashes only"),
    ("JUJU_MODEL_NAME", "../x", "the name of a model has lower-case letters, digits and dashes only"),
    ("JUJU_VERSION", "new", "cannot read \"new\" as a Juju version"),
    ("JUJU_PRINCIPAL_UNIT", "x", "as a unit name: expected application/number"),
    ("JUJU_CHARM_DIR", "/nonexistent", "cannot find metadata.yaml or charmcraft.yaml in /nonexistent"),
];

const RELATION_HOOKS: [Row; 7] = [
    ("JUJU_RELATION", "", "JUJU_RELATION is not set; this program is started by Juju"),
    ("JUJU_RELATION_ID", "", "JUJU_RELATION_ID is not set; this program is started by Juju"),
    ("JUJU_RELATION_ID", "ingress", "as a relation id: expected number or endpoint:number"),
    ("JUJU_RELATION_ID", "ingress:-1", "as a relation id: expected number or endpoint:number"),
    ("JUJU_RELATION_ID", "ingress:99999999999999999999", "as a relation id: expected number or endpoint:number"),
    ("JUJU_REMOTE_UNIT", "lb", "as a unit name: expected application/number"),
    ("JUJU_DEPARTING_UNIT", "lb/x", "as a unit name: expected application/number"),
];

const SECRET_HOOKS: [Row; 4] = [
    ("JUJU_SECRET_ID", "", "JUJU_SECRET_ID is not set; this program is started by Juju"),
    ("JUJU_SECRET_ID", "secret:", "cannot read a secret's address: expected secret:ID or secret://MODEL/ID"),
    ("JUJU_SECRET_ID", "secret:../../x", "cannot read a secret's address: expected secret:ID or secret://MODEL/ID"),
    ("JUJU_SECRET_REVISION", "new", "JUJU_SECRET_REVISION: invalid digit found in string"),
];

const NOTICES: [Row; 4] = [
    ("JUJU_WORKLOAD_NAME", "", "JUJU_WORKLOAD_NAME is not set; this program is started by Juju"),
    ("JUJU_NOTICE_ID", "", "JUJU_NOTICE_ID is not set; this program is started by Juju"),
    ("JUJU_NOTICE_TYPE", "", "JUJU_NOTICE_TYPE is not set; this program is started by Juju"),
    ("JUJU_NOTICE_KEY", "", "JUJU_NOTICE_KEY is not set; this program is started by Juju"),
];

const CHECKS: [Row; 1] =
    [("JUJU_PEBBLE_CHECK_NAME", "", "JUJU_PEBBLE_CHECK_NAME is not set; this program is started by Juju")];

/// Variables that a hook can do without: the event is handled as far as it is known.
const ACCEPTED: [(&str, &str); 8] = [
    ("JUJU_MODEL_UUID", ""),
    ("JUJU_VERSION", ""),
    ("JUJU_CHARM_DIR", ""),
    ("JUJU_REMOTE_APP", ""),
    ("JUJU_AVAILABILITY_ZONE", "\u{1b}[2J"),
    ("JUJU_API_ADDRESSES", ""),
    ("JUJU_DISPATCH_PATH", ""),
    ("JUJU_DISPATCH_PATH", "hooks/of-a-later-juju"),
];

/// Fires the event with each row's variable in the agent's place, and checks the only line that is logged.
fn try_rows(world: &mut World, relation: RelationId, event: &Event, rows: &[Row]) {
    for (variable, value, end) in rows {
        let state =
            |world: &World| (world.status(), world.ours(relation, Whose::App), world.ours(relation, Whose::Unit));
        let (before, logged) = (state(world), world.log().len());
        world.options.variables = [((*variable).to_owned(), (*value).to_owned())].into();
        let done = world.dispatch(event);
        let label = format!("{variable}={value}: {:?} {}", &world.log()[logged..], done.stderr);
        assert_eq!(done.exit, Some(1), "{label}");
        let [line] = &world.log()[logged..] else { panic!("one line: {label}") };
        let is_named = line.contains(variable) || *variable == "JUJU_CHARM_DIR";
        assert!(is_named && line.ends_with(end), "{label}");
        assert_eq!((state(world), done.stderr.as_str(), done.stdout.as_str()), (before, "", ""), "{label}");
    }
    world.options.variables.clear();
}

#[test]
fn a_variable_of_the_agent_that_is_missing_or_malformed_is_named() {
    let mut world = with_database();
    let ingress = world.integrate("ingress", "lb");
    world.settle();
    let relation = Event::Relation(RelationEvent {
        kind: RelationKind::Changed,
        endpoint: "ingress".to_owned(),
        id: ingress,
        app: Some("lb".to_owned()),
        unit: None,
        departing: None,
    });
    let secret = SecretEvent {
        kind: SecretKind::Changed,
        id: world.secret("lb", &[("key", "value-1")]),
        label: None,
        revision: Some(2),
    };
    let workload = |kind| Event::Workload(WorkloadEvent { container: CONTAINER.to_owned(), kind });
    let (id, kind, key) = ("1".to_owned(), "custom".to_owned(), "example.com/x".to_owned());
    try_rows(&mut world, ingress, &Event::ConfigChanged, &EVERY_HOOK);
    try_rows(&mut world, ingress, &relation, &RELATION_HOOKS);
    try_rows(&mut world, ingress, &Event::Secret(secret), &SECRET_HOOKS);
    try_rows(&mut world, ingress, &workload(WorkloadKind::CustomNotice { id, kind, key }), &NOTICES);
    try_rows(&mut world, ingress, &workload(WorkloadKind::CheckFailed { check: "up".to_owned() }), &CHECKS);
    try_rows(&mut world, ingress, &pebble_ready(), &NOTICES[..1]);
    for (variable, value) in ACCEPTED {
        world.options.variables = [(variable.to_owned(), value.to_owned())].into();
        world.fire(relation.clone());
        // A Juju of an unknown version has no secrets, and the database's account is in one.
        let is_told = variable == "JUJU_VERSION";
        let (status, remark) = (world.status(), "postgresql: db gives no usable username yet");
        assert_eq!((status.kind, status.message.starts_with(remark)), (StatusKind::Active, is_told), "{status:?}");
        assert!(is_told || status.message.is_empty(), "{status:?}");
    }
}
