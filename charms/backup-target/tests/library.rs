//! The library in charms of its users: a provider with two endpoints, and a requirer with events.

use backup_target::{DuplicateEndpoint, Requests, TargetChanged, TargetGone, observe_targets, targets};
use interfaces::k8s_backup_target::Spec;
use juju::event::{self, ConfigChanged};
use juju::key::{Provides, Requires};
use juju::{Charm, Databag, Error, Event, Juju, LogLevel, On, Setup, Status, Whose};
use juju_testing::{Context, State, StateRelation};

const CONTROL: Provides = Provides::named("control");
const USERS: Provides = Provides::named("users");

/// A provider with two kinds of data.
struct Provider;

impl Charm for Provider {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.event(ConfigChanged, Self::publish);
    }
}

impl Provider {
    fn publish(&mut self, _: &ConfigChanged, juju: &Juju<'_>) -> Result<(), Error> {
        let users = juju.options()?.bool("users").unwrap_or_default();
        let users = users.then(|| Spec { include_cluster_resources: Some(false), ..Spec::default() });
        let requests = Requests::default().add(&CONTROL, Some(Spec::default())).unwrap();
        requests.add(&USERS, users).unwrap().publish(juju)
    }
}

fn provider() -> Context<Provider> {
    let metadata =
        "{name: shop, provides: {control: {interface: k8s_backup_target}, users: {interface: k8s_backup_target}}}";
    Context::from_meta(metadata, "options: {users: {type: boolean, default: true}}", "").unwrap()
}

#[test]
fn each_endpoint_has_a_request_of_its_own_which_can_be_withdrawn() {
    let relations = vec![StateRelation::new(1, "control"), StateRelation::new(2, "users")];
    let state = State { leader: true, relations, ..State::default() };
    let mut after = provider().run(&Event::ConfigChanged, &state).unwrap();
    let names: Vec<_> = after.relations.iter().map(|relation| relation.local_app_data.text("relation_name")).collect();
    assert_eq!(names, [Some("control"), Some("users")]);
    assert_ne!(after.relations[0].local_app_data.text("spec"), after.relations[1].local_app_data.text("spec"));
    after.config.insert("users".to_owned(), false.into());
    let withdrawn = provider().run(&Event::ConfigChanged, &after).unwrap();
    assert_eq!(withdrawn.relations[0], after.relations[0]);
    assert_eq!(withdrawn.relations[1].local_app_data, Databag::new());
}

#[test]
fn an_endpoint_without_a_relation_is_a_warning() {
    let mut context = provider();
    context.run(&Event::ConfigChanged, &State { leader: true, ..State::default() }).unwrap();
    let lines = context.records().log.iter().map(|line| (line.level, line.message.as_str())).collect::<Vec<_>>();
    let warning = |message| (LogLevel::Warning, message);
    assert_eq!(lines, [warning("no relation 'control'"), warning("no relation 'users'")]);
    let mut context = provider();
    context.run(&Event::ConfigChanged, &State::default()).unwrap();
    assert!(context.records().log.is_empty(), "a unit that does not lead");
}

#[test]
fn two_requests_on_one_endpoint_are_refused() {
    let requests = Requests::default().add(&CONTROL, None).unwrap();
    assert_eq!(requests.add(&CONTROL, None), Err(DuplicateEndpoint("control".to_owned())));
}

const TARGETS: Requires = Requires::named("targets");

/// A requirer that shows its events and whether it is ready.
struct Requirer;

impl Charm for Requirer {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        observe_targets(on, &TARGETS);
        on.event(event::emitted(), Self::changed).event(event::emitted(), Self::gone).event(ConfigChanged, Self::show);
    }
}

impl Requirer {
    fn changed(&mut self, event: &TargetChanged, juju: &Juju<'_>) -> Result<(), Error> {
        let names: Vec<_> = event.targets.iter().map(|target| target.app.as_str()).collect();
        juju.set_status(Whose::Unit, &Status::active(format!("{} changed: {}", event.relation, names.join(", "))))
    }

    fn gone(&mut self, event: &TargetGone, juju: &Juju<'_>) -> Result<(), Error> {
        juju.set_status(Whose::Unit, &Status::active(format!("{} gone", event.relation)))
    }

    fn show(&mut self, _: &ConfigChanged, juju: &Juju<'_>) -> Result<(), Error> {
        let targets = targets(juju, &TARGETS)?;
        let apps: Vec<_> = targets.all().map(|(id, target)| format!("{id} {}", target.app)).collect();
        let is_found = targets.get("web", "backup", "m").is_some();
        let message = format!("{} {is_found} {}", targets.is_ready(), apps.join(", "));
        juju.set_status(Whose::Unit, &Status::active(message))
    }
}

fn requirer() -> Context<Requirer> {
    Context::from_meta("{name: operator, requires: {targets: {interface: k8s_backup_target}}}", "", "").unwrap()
}

/// A relation in which an application asks for backups, or has written this list.
fn asking(id: u32, app: &str, list: Option<&str>) -> StateRelation {
    let flat = [("app", app), ("relation_name", "backup"), ("model", "m"), ("spec", "{}")];
    let list = list.map(|list| ("backup_targets", list));
    let data = flat.into_iter().filter(|_| !app.is_empty()).chain(list).collect();
    StateRelation {
        remote_app: Some(format!("remote{id}")),
        remote_app_data: data,
        ..StateRelation::new(id, "targets")
    }
}

fn told(event: &Event, relations: &[StateRelation], leader: bool) -> String {
    let state = State { leader, relations: relations.to_vec(), ..State::default() };
    let after = requirer().run(event, &state).unwrap();
    assert_eq!(after.relations, state.relations, "the requirer writes no databag");
    after.unit_status.map(|status| status.message).unwrap_or_default()
}

#[test]
fn a_requirer_hears_of_valid_requests_and_of_their_end_and_never_writes() {
    let web = asking(4, "web", None);
    let (empty, malformed) = (asking(4, "", None), asking(4, "web", Some("[{}]")));
    for leader in [true, false] {
        for event in [web.created("operator"), web.joined("operator", 0), web.changed("operator", None)] {
            assert_eq!(told(&event, std::slice::from_ref(&web), leader), "4 changed: web");
            assert_eq!(told(&event, std::slice::from_ref(&empty), leader), "");
            assert_eq!(told(&event, std::slice::from_ref(&malformed), leader), "");
        }
        assert_eq!(told(&web.departed("operator", 0), std::slice::from_ref(&web), leader), "");
        assert_eq!(told(&web.broken("operator"), std::slice::from_ref(&web), leader), "4 gone");
    }
}

#[test]
fn requests_are_looked_up_over_all_relations_and_malformed_ones_are_logged() {
    let relations = [asking(7, "web", None), asking(5, "", None), asking(6, "db", Some("{")), asking(9, "db", None)];
    assert_eq!(told(&Event::ConfigChanged, &relations, false), "true true 7 web, 9 db");
    assert_eq!(told(&Event::ConfigChanged, &relations[1..3], true), "false false ");
    let mut context = requirer();
    context.run(&Event::ConfigChanged, &State { relations: relations.to_vec(), ..State::default() }).unwrap();
    let lines = context.records().log.iter().map(|line| (line.level, line.message.as_str())).collect::<Vec<_>>();
    assert_eq!(lines, [(LogLevel::Warning, "k8s_backup_target relation 6: backup_targets: it is not JSON")]);
}
