//! A run in steps, and the records of its events.

use super::*;
use juju::event::{CollectUnitStatus, RelationChanged, Start, emitted};
use juju::key::Requires;
use juju::{Error, Flow, Occurred, Stored};

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Memory {
    changes: u32,
}

/// An event of a library.
struct Ready;

/// A charm that counts changes, and defers start until its unit leads.
struct Counter {
    memory: Stored<Memory>,
    is_ready: bool,
}

impl Charm for Counter {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Counter { memory: setup.stored()?, is_ready: false })
    }

    fn observe(on: &mut On<Self>) {
        on.deferring("start", Start, |_, _, juju| Ok(if juju.is_leader()? { Flow::Done } else { Flow::Defer }))
            .emitting(Requires::named("db").changed(), |charm: &mut Counter, _: &RelationChanged<'_>, _| {
                charm.memory.changes += 1;
                Ok(Some(Ready))
            })
            .event(emitted(), |charm: &mut Counter, _: &Ready, juju| {
                charm.is_ready = true;
                juju.set_databag(RelationId(1), Whose::Unit, &Databag::from_iter([("ready", "yes")]))
            })
            .event(CollectUnitStatus::every(), |_, event: &CollectUnitStatus, _| {
                event.add(Status::active(""));
                Ok(())
            });
    }
}

fn counter() -> Context<Counter> {
    Context::from_meta(METADATA, CONFIG, ACTIONS).unwrap()
}

fn ready(state: &State) -> Option<&str> {
    state.relation(RelationId(1)).unwrap().local_unit_data.text("ready")
}

#[test]
fn a_manager_shows_the_charm_before_its_event_and_after_it() {
    let (mut context, state) = (counter(), State { relations: vec![pg()], ..State::default() });
    let after = context.manager(&pg().changed("web", None), &state, |mut manager| {
        assert_eq!((manager.charm().memory.changes, manager.charm().is_ready), (0, false));
        assert_eq!(manager.juju().relation_ids("db").unwrap(), [RelationId(1)]);
        manager.charm_mut().memory.changes = 6;
        let handled = manager.run()?;
        assert_eq!((handled.charm().memory.changes, handled.charm().is_ready), (7, true));
        let own = Entity::Unit(UnitName::new("web", 0));
        let bag = handled.juju().databag(RelationId(1), &own).unwrap();
        assert_eq!(bag.text("ready"), Some("yes"), "a write is readable before it is in the state");
        Ok(handled)
    });
    let after = after.unwrap();
    assert_eq!((ready(&state), ready(&after)), (None, Some("yes")));
    assert_eq!(after.unit_state[&juju::stored_key("charm")], r#"{"changes":7}"#);
    assert_eq!(context.run(&pg().changed("web", None), &state).unwrap().unit_status, Some(Status::active("")));
}

#[test]
fn a_manager_runs_an_action_with_its_parameters() {
    SCRIPT.set(|_, juju| {
        let whom = juju.action_params()?["whom"].as_str().unwrap_or_default().to_owned();
        juju.set_action_results(&[("whom".to_owned(), whom)].into())
    });
    let mut context = context();
    let params = serde_json::json!({"whom": "moon"}).as_object().cloned().unwrap();
    let greeted = context.manager_action("greet", &params, &State::default(), |manager| {
        assert_eq!(manager.juju().action_params().unwrap()["whom"], "moon");
        manager.run()
    });
    assert_eq!(greeted.unwrap(), State::default());
    assert_eq!(context.records().action.as_ref().unwrap().results["whom"], "moon");
    let params = serde_json::json!({"whom": 7}).as_object().cloned().unwrap();
    let refused = context.manager_action("greet", &params, &State::default(), |_| panic!("the parameter is no text"));
    assert!(matches!(refused, Err(RunError::InconsistentScenario(_))));
}

#[test]
fn a_manager_that_fails_or_is_refused_writes_no_value() {
    let (mut context, state) = (counter(), State { relations: vec![pg()], ..State::default() });
    let failed = context.manager(&pg().changed("web", None), &state, |manager| {
        drop(manager.run()?);
        Err(RunError::InconsistentScenario(vec!["the test's own".to_owned()]))
    });
    assert_eq!(failed.unwrap_err().to_string(), "inconsistent scenario:\n  the test's own");
    assert_eq!(context.records().counts().get("relation-set"), None);
    let stranger = StateRelation::new(7, "db").changed("web", None);
    let refused = context.manager(&stranger, &state, |_| panic!("an inconsistent event makes no charm"));
    assert!(matches!(refused, Err(RunError::InconsistentScenario(_))));
}

#[test]
fn emitted_and_deferred_events_are_recorded_in_their_order() {
    let (mut context, state) = (counter(), State { relations: vec![pg()], ..State::default() });
    let started = context.run(&Event::Start, &state).unwrap();
    assert_eq!(context.records().emitted_events(), ["start", "collect_unit_status"]);
    let start = juju::Deferred { handler: "start".to_owned(), event: Event::Start };
    assert_eq!(context.records().deferred, std::slice::from_ref(&start));

    let changed = pg().changed("web", None);
    let waiting = context.run(&changed, &started).unwrap();
    let expected = [
        Occurred::Deferred(start.clone()),
        Occurred::Event(changed.clone()),
        Occurred::Emitted(std::any::type_name::<Ready>()),
        Occurred::CollectUnitStatus,
    ];
    assert_eq!(context.records().emitted, expected);
    assert_eq!(context.records().deferred, [start], "it was deferred again");

    context.run(&changed, &State { leader: true, ..waiting }).unwrap();
    assert_eq!(context.records().deferred, []);
}

#[test]
fn a_crates_own_files_are_those_of_its_context() {
    let error = Context::<Counter>::new().err().unwrap().to_string();
    assert!(error.starts_with("cannot find metadata.yaml or charmcraft.yaml in "), "this crate is no charm: {error}");
}
