//! A charm that runs a test's script, over states.

mod container;
mod manager;
mod relation;

use super::*;
use crate::state::{StateOwner, StateRelation, StateSecret};
use juju::key::{Requires, Storage};
use juju::{
    Databag, Entity, Juju, Needs, NewSecret, On, Port, RelationId, SecretQuery, Setup, Status, UnitName, Whose,
};
use std::cell::Cell;

const METADATA: &str = "
name: web
containers: {app: {}}
requires: {db: {interface: pg}}
peers: {ring: {interface: ring}}
";
const CONFIG: &str = "options: {port: {type: int, default: 8000}}";
const ACTIONS: &str = "greet: {params: {whom: {type: string, default: world}}}";

type Script = fn(&juju::Event, &Juju<'_>) -> Result<(), juju::Error>;

thread_local! {
    static SCRIPT: Cell<Script> = const { Cell::new(|_, _| Ok(())) };
}

/// A charm that runs the script of its test.
struct Scripted;

impl Charm for Scripted {
    type Error = juju::Error;

    fn new(_: &Setup<'_>) -> Result<Self, juju::Error> {
        Ok(Scripted)
    }

    fn observe(on: &mut On<Self>) {
        on.any(|_, event, juju| SCRIPT.get()(event, juju));
    }
}

fn context() -> Context<Scripted> {
    Context::from_meta(METADATA, CONFIG, ACTIONS).unwrap()
}

fn run(event: &Event, state: &State, script: Script) -> Result<State, RunError<juju::Error>> {
    SCRIPT.set(script);
    context().run(event, state)
}

fn pg() -> StateRelation {
    StateRelation {
        remote_app: Some("pg".into()),
        remote_app_data: Databag::from_iter([("app", "pg")]),
        units_data: [(0, Databag::from_iter([("unit", "pg/0")])), (3, Databag::from_iter([("unit", "pg/3")]))].into(),
        local_app_data: Databag::from_iter([("app", "web")]),
        ..StateRelation::new(1, "db")
    }
}

fn ring() -> StateRelation {
    StateRelation {
        units_data: [(1, Databag::from_iter([("unit", "web/1")]))].into(),
        ..StateRelation::peer(2, "ring")
    }
}

fn units(juju: &Juju<'_>, endpoint: &str, id: u32) -> Result<Vec<UnitName>, juju::Error> {
    let needs = Needs { remote_units: true, ..Needs::default() };
    Ok(juju.view(endpoint, RelationId(id), needs)?.units.into_keys().collect())
}

#[test]
fn what_the_charm_writes_is_in_the_state_after_and_not_before() {
    let before = State { leader: true, relations: vec![pg(), ring()], ..State::default() };
    let kept = before.clone();
    let after = run(&Event::Start, &before, |_, juju| {
        juju.set_status(Whose::Unit, &Status::waiting("one"))?;
        juju.set_status(Whose::Unit, &Status::active("two"))?;
        juju.set_status(Whose::App, &Status::active("app"))?;
        juju.set_databag(RelationId(1), Whose::App, &Databag::from_iter([("app", ""), ("k", "v")]))?;
        juju.set_databag(RelationId(2), Whose::Unit, &Databag::from_iter([("k", "v")]))?;
        juju.set_state(&[("a".to_owned(), "b".to_owned())].into())?;
        juju.open_port(&Port::tcp(80))?;
        juju.set_version("1.2")
    })
    .unwrap();
    assert_eq!(before, kept);
    assert_eq!(after.unit_status, Some(Status::active("two")));
    assert_eq!(after.app_status, Some(Status::active("app")));
    assert_eq!(after.relation(RelationId(1)).unwrap().local_app_data, Databag::from_iter([("k", "v")]));
    assert_eq!(after.relation(RelationId(2)).unwrap().local_unit_data.text("k"), Some("v"));
    assert_eq!(after.unit_state["a"], "b");
    assert_eq!(after.opened_ports, [Port::tcp(80)].into());
    assert_eq!(after.workload_version, "1.2");
    let untouched = run(&Event::Start, &kept, |_, _| Ok(())).unwrap();
    assert_eq!(untouched, kept, "a charm that does nothing changes nothing");
}

#[test]
fn every_databag_is_reached_from_any_event() {
    let state = State { leader: true, relations: vec![pg(), ring()], ..State::default() };
    let outcome = run(&Event::ConfigChanged, &state, |_, juju| {
        for (id, entity, key, value) in [
            (1, Entity::App("web".into()), "app", "web"),
            (1, Entity::App("pg".into()), "app", "pg"),
            (1, Entity::Unit(UnitName::new("pg", 0)), "unit", "pg/0"),
            (1, Entity::Unit(UnitName::new("pg", 3)), "unit", "pg/3"),
            (1, Entity::Unit(UnitName::new("web", 0)), "ingress-address", "192.0.2.0"),
            (2, Entity::Unit(UnitName::new("web", 1)), "unit", "web/1"),
        ] {
            assert_eq!(juju.databag(RelationId(id), &entity)?.text(key), Some(value), "{entity}");
        }
        assert_eq!(units(juju, "db", 1)?, [UnitName::new("pg", 0), UnitName::new("pg", 3)]);
        assert_eq!(units(juju, "ring", 2)?, [UnitName::new("web", 1)]);
        let needs = Needs { remote_app: true, ..Needs::default() };
        assert_eq!(juju.view("db", RelationId(1), needs)?.app.as_deref(), Some("pg"));
        assert_eq!(juju.relation_ids("db")?, [RelationId(1)]);
        assert_eq!(juju.options()?.int("port"), Some(8000));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_unit_that_does_not_lead_is_refused_in_words_that_name_it() {
    let state = State { relations: vec![pg()], ..State::default() };
    let error = run(&Event::Start, &state, |_, juju| {
        let own = Entity::App("web".into());
        let denied = juju.databag(RelationId(1), &own).unwrap_err();
        assert!(denied.is_permission_denied(), "{denied}");
        juju.set_databag(RelationId(1), Whose::App, &Databag::from_iter([("k", "v")]))
    })
    .unwrap_err();
    let text = error.to_string();
    let RunError::UncaughtCharmError { event, .. } = error else { panic!("{error}") };
    assert_eq!(event, "start");
    assert!(text.contains("web/0 cannot write the databag of web in relation 1: it does not lead"), "{text}");
}

#[test]
fn a_name_that_the_metadata_lacks_is_refused_with_the_nearest_one() {
    let error = |script: Script| {
        let error = run(&Event::Start, &State::default(), script).unwrap_err();
        let RunError::UncaughtCharmError { error, .. } = error else { panic!("{error}") };
        juju::chain(&error)
    };
    let refused = |thing, name, hint| format!("cannot handle start: the charm declares no {thing} \"{name}\"{hint}");
    let mistaken = error(|_, juju| juju.relation(Requires::named("dbb")).map(|_| ()));
    assert_eq!(mistaken, refused("endpoint", "dbb", "; did you mean \"db\"?"));
    assert_eq!(
        error(|_, juju| juju.relation_ids("rings").map(|_| ())),
        refused("endpoint", "rings", "; did you mean \"ring\"?")
    );
    assert_eq!(error(|_, juju| juju.storages(Storage::named("nope")).map(|_| ())), refused("storage", "nope", ""));
}

#[test]
fn while_a_relation_breaks_the_charm_sees_it_as_gone() {
    let state = State { leader: true, relations: vec![pg()], ..State::default() };
    run(&pg().broken("web"), &state, |event, juju| {
        assert_eq!(event.broken(), Some(RelationId(1)));
        assert!(juju.relation_ids("db")?.is_empty());
        assert!(units(juju, "db", 1)?.is_empty());
        assert!(juju.databag(RelationId(1), &Entity::App("pg".into())).is_ok());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_departing_unit_is_not_listed_and_its_databag_stays_readable() {
    let state = State { relations: vec![pg()], ..State::default() };
    run(&pg().departed("web", 3), &state, |_, juju| {
        assert_eq!(units(juju, "db", 1)?, [UnitName::new("pg", 0)]);
        let gone = juju.databag(RelationId(1), &Entity::Unit(UnitName::new("pg", 3)))?;
        assert_eq!(gone.text("unit"), Some("pg/3"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn secrets_are_read_tracked_and_made() {
    let id = "9m4e2mr0ui3e8a215n4g";
    let old = StateSecret {
        tracked_content: Some([("password".to_owned(), "old".into())].into()),
        label: Some("mine".into()),
        ..StateSecret::new(id, [("password", "new")])
    };
    let withheld =
        StateSecret { owner: StateOwner::Withheld, ..StateSecret::new("8m4e2mr0ui3e8a215n4g", [("key", "v")]) };
    let state = State { leader: true, relations: vec![pg()], secrets: vec![old.clone(), withheld], ..State::default() };
    let after = run(&Event::Start, &state, |_, juju| {
        let read = |query: SecretQuery| juju.secret(&query).map(|c| c["password"].expose().to_owned());
        assert_eq!(read(SecretQuery::label("mine"))?, "old");
        assert_eq!(read(SecretQuery::label("mine").refresh())?, "new");
        let withheld = SecretQuery::id("8m4e2mr0ui3e8a215n4g".parse().unwrap());
        assert!(juju.secret(&withheld).unwrap_err().is_permission_denied());
        let new = NewSecret { label: Some("ours".into()), ..NewSecret::new([("key".to_owned(), "v".into())].into()) };
        let id = juju.add_secret(&new)?;
        juju.grant_secret(&id, RelationId(1), None)
    })
    .unwrap();
    assert_eq!(after.secret(&old.id).unwrap().tracked_content, Some(old.latest_content.clone()));
    let ours = after.secret_labelled("ours").unwrap();
    assert_eq!((ours.owner, &ours.grants), (StateOwner::App, &[RelationId(1)].into()));
    assert_eq!(after.secrets.len(), 3);
}

#[test]
fn an_action_answers_or_fails() {
    SCRIPT.set(|_, juju| {
        let whom = juju.action_params()?["whom"].as_str().unwrap_or_default().to_owned();
        juju.set_action_results(&[("greeting".to_owned(), format!("hello {whom}"))].into())?;
        if whom == "nobody" { juju.fail_action("there is nobody") } else { Ok(()) }
    });
    let mut context = context();
    context.run_action("greet", &Map::new(), &State::default()).unwrap();
    assert_eq!(context.records().action.as_ref().unwrap().results["greeting"], "hello world");
    let params = serde_json::json!({"whom": "nobody"}).as_object().cloned().unwrap();
    let error = context.run_action("greet", &params, &State::default()).unwrap_err();
    let RunError::ActionFailed { message, action, .. } = error else { panic!("{error}") };
    assert_eq!((message.as_str(), &action.results["greeting"]), ("there is nobody", &"hello nobody".into()));
}

#[test]
fn log_statuses_and_calls_are_recorded() {
    SCRIPT.set(|_, juju| {
        tracing::info!("at work");
        for message in ["one", "two", "three"] {
            juju.set_status(Whose::Unit, &Status::waiting(message))?;
        }
        Ok(())
    });
    let mut context = context();
    let state = State { unit_status: Some(Status::active("before")), ..State::default() };
    context.run(&Event::Start, &state).unwrap();
    let records = context.records();
    let history: Vec<&str> = records.unit_status_history.iter().map(|status| status.message.as_str()).collect();
    assert_eq!(history, ["before", "one", "two"]);
    assert_eq!(records.counts(), [("juju-log".to_owned(), 1), ("status-set".to_owned(), 3)].into());
    assert_eq!(records.log.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["at work"]);
}

#[test]
fn histories_removed_revisions_and_requested_storages_are_recorded() {
    SCRIPT.set(|event, juju| {
        for word in ["one", "two"] {
            juju.set_status(Whose::App, &Status::waiting(word))?;
            juju.set_version(word)?;
        }
        juju.add_storage(Storage::named("data"), 2)?;
        juju.remove_secret(&"9m4e2mr0ui3e8a215n4g".parse().unwrap(), Some(1))?;
        if *event == Event::Stop { Err(juju::Error::ReservedKey { key: "a failure".to_owned() }) } else { Ok(()) }
    });
    let metadata = "{name: web, storage: {data: {type: filesystem, multiple: {range: 0-}}}}";
    let mut context = Context::<Scripted>::from_meta(metadata, "", "").unwrap();
    let secret = StateSecret {
        owner: StateOwner::Unit,
        tracked_content: Some([("key".to_owned(), "old".into())].into()),
        ..StateSecret::new("9m4e2mr0ui3e8a215n4g", [("key", "new")])
    };
    let state = State { leader: true, secrets: vec![secret], app_status: Some(Status::active("")), ..State::default() };
    context.run(&Event::Start, &state).unwrap();
    let records = context.records();
    assert_eq!(records.app_status_history, [Status::active(""), Status::waiting("one")]);
    assert_eq!(records.workload_version_history, ["one"], "no version before the first");
    assert_eq!(records.requested_storages, [("data".to_owned(), 2)].into());
    assert_eq!(records.removed_secret_revisions, [("9m4e2mr0ui3e8a215n4g".parse().unwrap(), Some(1))]);
    context.run(&Event::Stop, &state).unwrap_err();
    assert!(context.records().requested_storages.is_empty(), "a failed hook requests nothing");
}

#[test]
fn an_inconsistent_state_is_refused_with_everything_that_is_wrong() {
    let state = State {
        relations: vec![StateRelation::new(1, "nope")],
        config: [("what".to_owned(), 1.into())].into(),
        ..State::default()
    };
    let error = run(&Event::Start, &state, |_, _| Ok(())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "inconsistent scenario:\n  relation 1: endpoint \"nope\" is not in the metadata\n  option \"what\" is not declared"
    );
    let mut context = context().skip_consistency_checks();
    assert!(context.run(&Event::Start, &state).is_ok());
}

#[test]
fn the_charms_environment_comes_from_the_state() {
    SCRIPT.set(|_, juju| {
        assert_eq!(juju.context.unit, UnitName::new("shop", 4));
        assert_eq!(juju.context.model, "prod");
        assert_eq!(juju.context.pebble_socket("app"), PathBuf::from("/tmp/c/app/pebble.socket"));
        assert!(!juju.context.juju_version.at_least(3, 6, 0));
        assert_eq!(juju.goal_state()?.units.len(), 5);
        Ok(())
    });
    let state = State {
        containers_dir: Some("/tmp/c".into()),
        model_name: "prod".into(),
        planned_units: 5,
        ..State::default()
    };
    let version = Version { major: 3, minor: 4, patch: 0 };
    context().with_unit("shop", 4).with_juju(version).run(&Event::Start, &state).unwrap();
}

#[test]
fn a_machine_charms_place_is_that_of_the_state() {
    SCRIPT.set(|_, juju| {
        assert_eq!(
            (juju.context.machine_id.as_deref(), juju.context.availability_zone.as_deref()),
            (Some("7"), Some("z1"))
        );
        assert_eq!(juju.context.principal, Some(UnitName::new("remote", 0)));
        assert_eq!(juju.cloud_spec()?.name, "home");
        Ok(())
    });
    let metadata = "{name: sub, subordinate: true, requires: {host: {interface: juju-info, scope: container}}}";
    let state = State {
        machine: Some(7),
        availability_zone: "z1".into(),
        cloud_spec: Some(serde_json::json!({"type": "lxd", "name": "home"})),
        relations: vec![StateRelation::new(1, "host")],
        ..State::default()
    };
    let mut context = Context::<Scripted>::from_meta(metadata, "", "").unwrap();
    context.run(&Event::Start, &state).unwrap();
    assert_eq!(context.records().warnings, Vec::<String>::new());
    SCRIPT.set(|_, juju| {
        assert!(juju.cloud_spec().is_err(), "it is not trusted");
        Ok(())
    });
    context.run(&Event::Start, &State::default()).unwrap();
    assert_eq!(context.records().warnings, ["sub/0 is a subordinate, and no relation leads to its principal"]);
}
