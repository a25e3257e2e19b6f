//! The charm: the provider's half.

use std::path::Path;

use backup_target::BackupTarget;
use interfaces::Read;
use interfaces::k8s_backup_target::{self, Target};
use juju::{CharmFiles, Databag, Event, Status, View};
use juju_testing::{Context, State, StateRelation};

const APP: &str = "backup-target";
const KEYS: [&str; 5] = ["app", "backup_targets", "model", "relation_name", "spec"];

fn context() -> Context<BackupTarget> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Context::from_files(CharmFiles::read(here).unwrap(), here)
}

fn relation(id: u32) -> StateRelation {
    StateRelation { remote_app: Some(format!("operator{id}")), ..StateRelation::new(id, "backup") }
}

fn state(options: &[(&str, juju::ConfigValue)]) -> State {
    let config = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    State { leader: true, config, relations: vec![relation(3)], model_name: "my-model".to_owned(), ..State::default() }
}

fn written(state: &State, id: u32) -> Databag {
    state.relation(juju::RelationId(id)).unwrap().local_app_data.clone()
}

/// The request as a requirer reads it.
fn read(bag: &Databag) -> Target {
    let mut view = View::empty("k8s-backup-target", juju::RelationId(3));
    view.remote_app = bag.clone();
    let Read::Ready(targets) = k8s_backup_target::read(&view) else { panic!("{bag:?}") };
    targets[0].clone()
}

#[test]
fn the_request_has_our_names_and_the_filters_of_the_options() {
    let options = [
        ("include-namespaces", "a,b".into()),
        ("include-resources", "services, deployments".into()),
        ("exclude-namespaces", "c".into()),
        ("exclude-resources", "pods".into()),
        ("include-cluster-resources", false.into()),
        ("label-selector", "app=my-app".into()),
        ("ttl", "30d".into()),
    ];
    let after = context().run(&Event::ConfigChanged, &state(&options)).unwrap();
    let Target { app, relation_name, model, spec } = read(&written(&after, 3));
    assert_eq!((app.as_str(), relation_name.as_str(), model.as_str()), (APP, "backup", "my-model"));
    let list = |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
    assert_eq!((spec.include_namespaces, spec.exclude_namespaces), (list(&["a", "b"]), list(&["c"])));
    assert_eq!((spec.include_resources, spec.exclude_resources), (list(&["services", "deployments"]), list(&["pods"])));
    assert_eq!((spec.include_cluster_resources, spec.ttl), (Some(false), Some("30d".parse().unwrap())));
    assert_eq!(spec.label_selector, Some([("app".to_owned(), "my-app".to_owned())].into()));
    assert_eq!(after.unit_status, Some(Status::active("")));
}

#[test]
fn each_event_that_may_change_the_request_publishes_it_to_every_relation() {
    let mut before = state(&[]);
    before.relations.push(relation(4));
    let events = [
        relation(3).created(APP),
        Event::LeaderElected,
        Event::UpgradeCharm,
        Event::ConfigChanged,
        Event::UpdateStatus,
    ];
    for event in events {
        let mut context = context();
        let after = context.run(&event, &before).unwrap();
        assert_eq!(written(&after, 3).keys().collect::<Vec<_>>(), KEYS, "{}", event.name());
        assert_eq!(written(&after, 3), written(&after, 4));
        let units: Vec<_> = after.relations.iter().map(|relation| relation.local_unit_data.clone()).collect();
        assert_eq!(units, before.relations.iter().map(|relation| relation.local_unit_data.clone()).collect::<Vec<_>>());
    }
    for event in
        [relation(3).joined(APP, 0), relation(3).changed(APP, None), relation(3).departed(APP, 0), Event::Start]
    {
        assert_eq!(context().run(&event, &before).unwrap(), before, "{}", event.name());
    }
}

#[test]
fn a_new_spec_is_published_and_a_second_event_writes_no_key() {
    let mut context = context();
    let mut state = context.run(&relation(3).created(APP), &state(&[])).unwrap();
    let first = written(&state, 3);
    state.config.insert("ttl".to_owned(), "24h".into());
    let state = context.run(&Event::ConfigChanged, &state).unwrap();
    assert_ne!(written(&state, 3), first);
    assert_eq!(read(&written(&state, 3)).spec.ttl, Some("24h".parse().unwrap()));
    assert_eq!(context.run(&Event::ConfigChanged, &state).unwrap(), state);
    let expected = ["config-get", "is-leader", "relation-get", "relation-ids", "status-set"];
    assert_eq!(context.records().counts(), expected.into_iter().map(|tool| (tool.to_owned(), 1)).collect());
}

#[test]
fn a_unit_that_does_not_lead_writes_no_request_and_does_not_fail() {
    let before = State { leader: false, ..state(&[]) };
    for event in [relation(3).created(APP), Event::ConfigChanged, Event::UpgradeCharm] {
        let after = context().run(&event, &before).unwrap();
        assert_eq!((written(&after, 3), after.unit_status), (Databag::new(), Some(Status::active(""))));
    }
}

#[test]
fn without_a_relation_the_unit_waits() {
    let waiting = Some(Status::waiting("waiting for backup relation"));
    let before = State { relations: Vec::new(), ..state(&[]) };
    assert_eq!(context().run(&Event::ConfigChanged, &before).unwrap().unit_status, waiting);
    assert_eq!(context().run(&relation(3).broken(APP), &state(&[])).unwrap().unit_status, waiting);
}

#[test]
fn an_invalid_option_blocks_and_leaves_the_published_request() {
    let mut context = context();
    let mut before = context.run(&Event::ConfigChanged, &state(&[("ttl", "24h".into())])).unwrap();
    before.config.insert("ttl".to_owned(), "1.5h".into());
    let after = context.run(&Event::ConfigChanged, &before).unwrap();
    assert_eq!(after.unit_status, Some(Status::blocked("invalid config: ttl")));
    assert_eq!(written(&after, 3), written(&before, 3));
    let log: Vec<_> = context.records().log.iter().map(|line| line.message.as_str()).collect();
    assert_eq!(log, ["invalid config: ttl: ttl is not a duration such as 24h, 1h30m or 30d"]);
}

#[test]
fn garbage_in_the_operators_databag_is_not_read() {
    let mut before = state(&[]);
    before.relations[0].remote_app_data = Databag::from_iter([("backup_targets", "{"), ("app", "\u{0}")]);
    let mut context = context();
    context.run(&Event::ConfigChanged, &before).unwrap();
    assert_eq!(context.records().counts()["relation-get"], 1, "our own databag");
}
