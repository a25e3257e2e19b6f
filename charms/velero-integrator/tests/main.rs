//! The charm, one event at a time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use interfaces::Read;
use interfaces::velero_backup_config::provider;
use juju::{CharmFiles, Databag, Event, RelationId, View};
use juju_testing::{Context, RunError, State, StateRelation};
use serde_json::{Value, json};
use velero_integrator::VeleroIntegrator;

const APP: &str = "velero-integrator";

fn context() -> Context<VeleroIntegrator> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Context::from_files(CharmFiles::read(here).unwrap(), here)
}

/// A relation in which an application asks for backups with these filters.
fn incoming(id: u32, app: &str, spec: &str) -> StateRelation {
    let data = [("app", app), ("relation_name", "backup"), ("model", "shop"), ("spec", spec)];
    let remote_app_data = data.into_iter().collect();
    StateRelation { remote_app: Some(app.to_owned()), remote_app_data, ..StateRelation::new(id, "k8s-backup-target") }
}

fn outgoing(id: u32) -> StateRelation {
    StateRelation { remote_app: Some(format!("velero{id}")), ..StateRelation::new(id, "velero-backup-config") }
}

fn state(relations: Vec<StateRelation>) -> State {
    State { leader: true, relations, model_name: "shop".to_owned(), ..State::default() }
}

fn with(mut state: State, options: &[(&str, juju::ConfigValue)]) -> State {
    state.config.extend(options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    state
}

fn run(event: &Event, state: &State) -> State {
    context().run(event, state).unwrap()
}

fn status(state: &State) -> String {
    state.unit_status.as_ref().unwrap().to_string()
}

fn sent(state: &State, id: u32) -> Databag {
    state.relation(RelationId(id)).unwrap().local_app_data.clone()
}

/// The applications whose requests an operator reads in this databag.
fn apps(bag: &Databag) -> Vec<String> {
    let mut view = View::empty("velero-backup-config", RelationId(2));
    view.remote_app = bag.clone();
    match provider::read(&view, "shop") {
        Read::Ready(requests) => requests.into_iter().map(|request| request.target.app).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_changed_request_is_sent_on_in_the_same_event() {
    let schedule = [("schedule", "0 2 * * *".into()), ("skip-immediately", true.into())];
    let before = with(state(vec![incoming(1, "web", r#"{"ttl": "1d"}"#), outgoing(2)]), &schedule);
    let web = before.relations[0].clone();
    for event in [web.created(APP), web.joined(APP, 0), web.changed(APP, None)] {
        let after = run(&event, &before);
        let spec: Value = serde_json::from_str(sent(&after, 2).text("spec").unwrap()).unwrap();
        let expected = json!({
            "ttl": "24h0m0s", "schedule": "0 2 * * *", "paused": false, "skip_immediately": true,
            "use_owner_references_in_backup": false,
        });
        assert_eq!(spec, expected, "{}", event.name());
        let names = ["app", "relation_name", "model"].map(|key| sent(&after, 2).text(key).unwrap().to_owned());
        assert_eq!(names, ["web", "backup", "shop"]);
        assert_eq!(status(&after), "active: Schedule: 0 2 * * *");
    }
    let mut state = run(&web.changed(APP, None), &before);
    let first = sent(&state, 2);
    state.relations[0].remote_app_data.insert("spec".to_owned(), r#"{"ttl": "2d"}"#.to_owned());
    assert_ne!(sent(&run(&web.changed(APP, None), &state), 2), first);
}

#[test]
fn the_incoming_relation_is_never_written_to() {
    let before = state(vec![incoming(1, "web", "{}"), outgoing(2)]);
    let web = before.relations[0].clone();
    let events = [web.created(APP), web.joined(APP, 0), web.changed(APP, None), web.departed(APP, 0), web.broken(APP)];
    for event in events {
        let after = run(&event, &before);
        assert_eq!(after.relations[0], before.relations[0], "{}", event.name());
        assert_eq!(after.relations[1].local_unit_data, before.relations[1].local_unit_data);
    }
}

#[test]
fn each_state_has_its_status() {
    let related = || state(vec![incoming(1, "web", "{}"), outgoing(2)]);
    let with_cron = |paused: bool| [("schedule", "*/5 * * * *".into()), ("paused", paused.into())];
    let table = [
        (
            State { leader: false, ..with(related(), &[("schedule", "daily".into())]) },
            "active: Unit is ready (standby)",
        ),
        (with(state(vec![]), &[("schedule", "daily".into())]), "blocked: Invalid configuration: 'schedule'"),
        (state(vec![incoming(1, "web", "{}")]), "blocked: Missing relation: velero-backup-config"),
        (state(vec![outgoing(2)]), "waiting: Waiting for k8s-backup-target relation"),
        (with(related(), &with_cron(true)), "active: Schedule paused"),
        (with(related(), &with_cron(false)), "active: Schedule: */5 * * * *"),
        (with(related(), &[("schedule", " ".into())]), "active: Manual backup mode"),
        (related(), "active: Manual backup mode"),
    ];
    for (state, expected) in table {
        assert_eq!(status(&run(&Event::ConfigChanged, &state)), expected);
    }
}

#[test]
fn garbage_is_told_in_the_status_and_hides_no_other_request() {
    let bad = "k8s_backup_target relation 1: spec: it is not JSON";
    let after = run(&Event::ConfigChanged, &state(vec![incoming(1, "bad", "{"), outgoing(2)]));
    assert_eq!((status(&after), sent(&after, 2)), (format!("waiting: {bad}"), Databag::new()));
    let mut context = context();
    let both = state(vec![incoming(1, "bad", "{"), outgoing(2), incoming(3, "web", "{}")]);
    let after = context.run(&Event::ConfigChanged, &both).unwrap();
    assert_eq!(status(&after), format!("active: Manual backup mode; {bad}"));
    assert_eq!(apps(&sent(&after, 2)), ["web"]);
    assert!(context.records().log.iter().any(|line| line.message == bad));
}

#[test]
fn several_requests_go_to_every_operator_as_a_list() {
    let before = state(vec![incoming(4, "web", "{}"), outgoing(2), incoming(3, "db", "{}"), outgoing(5)]);
    let mut context = context();
    let after = context.run(&Event::ConfigChanged, &before).unwrap();
    assert_eq!(apps(&sent(&after, 2)), ["db", "web"]);
    assert_eq!(sent(&after, 5), sent(&after, 2));
    assert_eq!(sent(&after, 2).text("app"), Some("db"), "the lowest id");
    assert_eq!(status(&after), "active: Manual backup mode; 1 of 2 requests only in the list form");
    let gone = context.run(&before.relations[2].broken(APP), &after).unwrap();
    assert_eq!((apps(&sent(&gone, 2)), sent(&gone, 2).text("app")), (vec!["web".to_owned()], Some("web")));
    let mut last = gone.clone();
    last.relations.remove(2);
    let none = context.run(&last.relations[0].broken(APP), &last).unwrap();
    assert_eq!(sent(&none, 2), Databag::new(), "the keys of the last request are deleted");
    assert_eq!(status(&none), "waiting: Waiting for k8s-backup-target relation");
}

#[test]
fn a_changed_schedule_is_sent_and_an_invalid_one_leaves_the_published_one() {
    let mut context = context();
    let mut state = context.run(&Event::ConfigChanged, &state(vec![incoming(1, "web", "{}"), outgoing(2)])).unwrap();
    let by_hand = sent(&state, 2);
    state = with(state, &[("schedule", "0 2 * * *".into())]);
    state = context.run(&Event::ConfigChanged, &state).unwrap();
    let nightly = sent(&state, 2);
    assert_ne!(nightly, by_hand);
    let state = context.run(&Event::ConfigChanged, &with(state, &[("schedule", "daily".into())])).unwrap();
    assert_eq!((sent(&state, 2), status(&state)), (nightly, "blocked: Invalid configuration: 'schedule'".to_owned()));
}

#[test]
fn a_second_event_writes_no_key_and_asks_eight_times() {
    let mut context = context();
    let settled = context.run(&Event::ConfigChanged, &state(vec![incoming(1, "web", "{}"), outgoing(2)])).unwrap();
    assert_eq!(context.run(&Event::ConfigChanged, &settled).unwrap(), settled);
    let expected = [
        ("config-get", 1),
        ("is-leader", 1),
        ("relation-get", 2),
        ("relation-ids", 2),
        ("relation-list", 1),
        ("status-set", 1),
    ];
    assert_eq!(context.records().counts(), expected.map(|(tool, count)| (tool.to_owned(), count)).into());
}

/// Runs the action; returns the manifest or the message of the failure.
fn print(params: &Value, state: &State) -> Result<Value, String> {
    let mut context = context();
    match context.run_action("print-manifest", params.as_object().unwrap(), state) {
        Ok(after) => {
            assert_eq!(&after, state, "the action changes nothing");
            let action = context.records().action.clone().unwrap();
            Ok(serde_json::from_str(action.results["manifest"].as_str().unwrap()).unwrap())
        }
        Err(RunError::ActionFailed { message, .. }) => Err(message),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_manifest_of_a_request_is_printed_for_kubectl() {
    let unit =
        State { leader: false, ..state(vec![incoming(1, "web", r#"{"ttl": "30d", "include_namespaces": ["shop"]}"#)]) };
    let backup = print(&json!({"target": "web:backup", "storage-location": "s3"}), &unit).unwrap();
    let expected = json!({
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {
            "name": "web-backup-1",
            "namespace": "velero",
            "labels": {"app": "web", "endpoint": "backup", "model": "shop"},
        },
        "spec": {"includedNamespaces": ["shop"], "ttl": "720h0m0s", "storageLocation": "s3"},
    });
    assert_eq!(backup, expected);
    let unit = with(unit, &[("schedule", "0 2 * * *".into())]);
    let params = json!({"target": "web:backup", "model": "shop", "kind": "Schedule", "namespace": "backups"});
    let schedule = print(&params, &unit).unwrap();
    assert_eq!((&schedule["kind"], &schedule["metadata"]["name"]), (&json!("Schedule"), &json!("web-backup-shop")));
    assert_eq!(
        (&schedule["metadata"]["namespace"], &schedule["spec"]["schedule"]),
        (&json!("backups"), &json!("0 2 * * *"))
    );
    assert_eq!(schedule["spec"]["template"]["ttl"], json!("720h0m0s"));
}

#[test]
fn a_manifest_that_cannot_be_made_fails_the_action_with_the_reason() {
    let unit = state(vec![incoming(1, "web", "{}"), incoming(3, "Web", "{}")]);
    let table = [
        (json!({"target": "web"}), "write target as APPLICATION:ENDPOINT"),
        (json!({"target": "db:backup"}), "there is no request of db:backup in the model shop"),
        (json!({"target": "web:backup", "model": "prod"}), "there is no request of web:backup in the model prod"),
        (json!({"target": "web:backup", "kind": "Schedule"}), "a Schedule needs the option schedule"),
        (json!({"target": "Web:backup"}), "app and relation_name can't name an object of Kubernetes"),
    ];
    for (params, expected) in table {
        assert_eq!(print(&params, &unit), Err(expected.to_owned()));
    }
    let unit = with(unit, &[("schedule", "daily".into())]);
    let params = json!({"target": "web:backup", "kind": "Schedule"});
    assert_eq!(print(&params, &unit), Err("the option schedule is invalid".to_owned()));
}
