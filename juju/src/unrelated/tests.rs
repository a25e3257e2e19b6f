//! A charm that asks about all of its endpoints in every event, against a Juju whose hooks fail and get lost.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::KEY;
use crate::backend::Backend;
use crate::charm::{Charm, Setup};
use crate::context::Context;
use crate::dispatch::dispatch;
use crate::hook::Event;
use crate::juju::Juju;
use crate::name::RelationId;
use crate::on::On;
use crate::tool::Error;

const ENDPOINTS: [&str; 4] = ["cache", "database", "ingress", "queue"];

thread_local! {
    /// The relations of each endpoint as the charm saw them last.
    static SEEN: RefCell<BTreeMap<&'static str, Vec<RelationId>>> = const { RefCell::new(BTreeMap::new()) };
    static FAILS: Cell<bool> = const { Cell::new(false) };
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Juju(#[from] Error),
    #[error("no luck")]
    Unlucky,
}

struct Asker;

impl Charm for Asker {
    type Error = Failed;

    const REMEMBERS_UNRELATED: bool = true;

    fn new(_: &Setup<'_>) -> Result<Self, Failed> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.any(|_, event: &Event, juju: &Juju<'_>| {
            if *event == Event::Stop {
                return Ok(());
            }
            for endpoint in ENDPOINTS {
                let ids = juju.relation_ids(endpoint)?;
                SEEN.with_borrow_mut(|seen| seen.insert(endpoint, ids));
            }
            if FAILS.get() { Err(Failed::Unlucky) } else { Ok(()) }
        });
    }
}

/// The relations of a unit, its state, and the calls that were made.
#[derive(Default)]
struct Model {
    relations: BTreeSet<(&'static str, u32)>,
    state: RefCell<BTreeMap<String, String>>,
    asked: RefCell<Vec<String>>,
    written: Cell<usize>,
}

impl Backend for Model {
    fn relation_ids(&self, endpoint: &str) -> Result<Vec<RelationId>, Error> {
        self.asked.borrow_mut().push(endpoint.to_owned());
        Ok(self.relations.iter().filter(|(of, _)| *of == endpoint).map(|(_, id)| RelationId(*id)).collect())
    }
    fn state_get(&self) -> Result<BTreeMap<String, String>, Error> {
        Ok(self.state.borrow().clone())
    }
    fn state_set(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        self.written.set(self.written.get() + 1);
        self.state.borrow_mut().extend(changes.clone());
        Ok(())
    }
    fn state_delete(&self, key: &str) -> Result<(), Error> {
        self.written.set(self.written.get() + 1);
        self.state.borrow_mut().remove(key);
        Ok(())
    }
}

impl Model {
    /// Fires a hook; the endpoints that were asked about.
    fn fire(&self, hook: &str, relation: Option<(&'static str, u32)>) -> Vec<String> {
        let vars = [("JUJU_UNIT_NAME", "web/0"), ("JUJU_MODEL_NAME", "test"), ("JUJU_REMOTE_APP", "other")];
        let mut vars: BTreeMap<String, String> = vars.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let name = relation.map_or_else(|| hook.to_owned(), |(endpoint, _)| format!("{endpoint}-relation-{hook}"));
        vars.insert("JUJU_DISPATCH_PATH".to_owned(), format!("hooks/{name}"));
        if let Some((endpoint, id)) = relation {
            vars.insert("JUJU_RELATION".to_owned(), endpoint.to_owned());
            vars.insert("JUJU_RELATION_ID".to_owned(), format!("{endpoint}:{id}"));
        }
        let context = Context::read(&vars).expect("a good environment");
        let outcome = dispatch::<Asker>(&context, self);
        assert_eq!(outcome.is_err(), FAILS.get(), "{outcome:?}");
        std::mem::take(&mut *self.asked.borrow_mut())
    }

    /// The relations of an endpoint.
    fn of(&self, endpoint: &str) -> Vec<RelationId> {
        self.relations.iter().filter(|(of, _)| *of == endpoint).map(|(_, id)| RelationId(*id)).collect()
    }

    fn remembered(&self) -> Vec<String> {
        let state = self.state.borrow();
        state.get(KEY).into_iter().flat_map(|text| text.split(',')).map(ToOwned::to_owned).collect()
    }
}

fn seen() -> BTreeMap<&'static str, Vec<RelationId>> {
    SEEN.with_borrow(Clone::clone)
}

#[test]
fn an_event_asks_about_endpoints_with_relations_alone() {
    let model = Model { relations: BTreeSet::from([("database", 3)]), ..Model::default() };
    assert_eq!(model.fire("start", None), ENDPOINTS);
    assert_eq!(model.remembered(), ["cache", "ingress", "queue"]);
    assert_eq!(model.fire("config-changed", None), ["database"]);
    assert_eq!(seen()["database"], [RelationId(3)]);
    assert_eq!(model.fire("update-status", None), ENDPOINTS);
    assert_eq!(model.written.get(), 1, "nothing changed since the first event");
}

#[test]
fn a_created_relation_is_served_in_its_own_event_and_later() {
    let mut model = Model::default();
    model.fire("start", None);
    model.relations.insert(("queue", 5));
    assert_eq!(model.fire("created", Some(("queue", 5))), ["queue"]);
    assert_eq!(seen()["queue"], [RelationId(5)]);
    assert_eq!(model.fire("config-changed", None), ["queue"]);
    assert_eq!(model.fire("broken", Some(("queue", 5))), ["queue"]);
    assert_eq!(model.remembered(), ENDPOINTS);
    assert!(model.fire("config-changed", None).is_empty());
}

#[test]
fn a_hook_that_fails_leaves_what_is_remembered_and_comes_again() {
    let mut model = Model::default();
    model.fire("start", None);
    model.relations.insert(("cache", 1));
    FAILS.set(true);
    model.fire("created", Some(("cache", 1)));
    FAILS.set(false);
    assert_eq!(model.remembered(), ENDPOINTS);
    model.fire("created", Some(("cache", 1)));
    assert_eq!(seen()["cache"], [RelationId(1)]);
}

#[test]
fn a_state_that_another_wrote_hides_no_relation_for_longer_than_an_update_status() {
    for text in ["", ",", "cache,,database", "nonsense", "cache,database,ingress,queue"] {
        let model = Model { relations: BTreeSet::from([("cache", 2)]), ..Model::default() };
        model.state.borrow_mut().insert(KEY.to_owned(), text.to_owned());
        model.fire("update-status", None);
        assert_eq!(seen()["cache"], [RelationId(2)], "{text:?}");
        assert_eq!(model.remembered(), ["database", "ingress", "queue"]);
    }
}

/// Something that happens to the unit.
#[derive(Clone, Debug)]
enum Happening {
    /// A relation comes, or the one with this endpoint goes, and its hook runs, fails or is lost.
    Toggle { endpoint: usize, hook: Fate },
    /// A hook of no relation.
    Hook(&'static str),
    /// Relations come and go while another charm's code runs, then this one's comes back.
    Away { endpoints: Vec<usize> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Runs,
    Fails,
    Lost,
}

fn happening() -> impl Strategy<Value = Happening> {
    let fate = prop_oneof![Just(Fate::Runs), Just(Fate::Fails), Just(Fate::Lost)];
    let hooks = prop_oneof![Just("config-changed"), Just("leader-elected"), Just("stop"), Just("collect-metrics")];
    prop_oneof![
        4 => (0..ENDPOINTS.len(), fate).prop_map(|(endpoint, hook)| Happening::Toggle { endpoint, hook }),
        3 => hooks.prop_map(Happening::Hook),
        1 => proptest::collection::vec(0..ENDPOINTS.len(), 0..3).prop_map(|endpoints| Happening::Away { endpoints }),
    ]
}

/// Adds a relation of the endpoint, or names the one it has.
fn toggled(model: &Model, endpoint: &'static str, next: u32) -> (&'static str, (&'static str, u32)) {
    let found = model.relations.iter().find(|(of, _)| *of == endpoint);
    found.map_or(("created", (endpoint, next)), |found| ("broken", *found))
}

fn toggle(model: &mut Model, endpoint: usize, fate: Fate, next: u32) {
    let (hook, relation) = toggled(model, ENDPOINTS[endpoint], next);
    if hook == "created" {
        model.relations.insert(relation);
    }
    FAILS.set(fate == Fate::Fails);
    if fate != Fate::Lost {
        model.fire(hook, Some(relation));
        let here = if hook == "created" { vec![RelationId(relation.1)] } else { Vec::new() };
        assert_eq!(seen()[relation.0], here, "a relation is served in its own event");
    }
    FAILS.set(false);
    if hook == "broken" {
        model.relations.remove(&relation);
    }
}

proptest! {
    #[test]
    fn after_an_update_status_what_is_remembered_is_the_truth(
        happenings in proptest::collection::vec(happening(), 0..25),
    ) {
        let mut model = Model::default();
        model.fire("install", None);
        for (next, happening) in (1u32..).zip(&happenings) {
            match happening {
                Happening::Toggle { endpoint, hook } => toggle(&mut model, *endpoint, *hook, next),
                Happening::Hook(hook) => drop(model.fire(hook, None)),
                Happening::Away { endpoints } => {
                    for endpoint in endpoints {
                        toggle(&mut model, *endpoint, Fate::Lost, next * 100);
                    }
                    model.fire("upgrade-charm", None);
                    prop_assert!(ENDPOINTS.iter().all(|endpoint| seen()[endpoint] == model.of(endpoint)));
                }
            }
        }
        model.fire("update-status", None);
        prop_assert!(ENDPOINTS.iter().all(|endpoint| seen()[endpoint] == model.of(endpoint)));
        let unrelated: Vec<&str> = ENDPOINTS.into_iter().filter(|endpoint| model.of(endpoint).is_empty()).collect();
        prop_assert_eq!(model.remembered(), unrelated);
        let written = model.written.get();
        model.fire("config-changed", None);
        prop_assert!(ENDPOINTS.iter().all(|endpoint| seen()[endpoint] == model.of(endpoint)));
        prop_assert_eq!(model.written.get(), written);
    }
}
