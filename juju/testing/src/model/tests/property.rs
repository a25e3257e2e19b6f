//! Random steps in random order: Juju's rules hold, and each unit's events end.

use super::*;
use juju::Whose;
use proptest::prelude::*;

/// A change of the model: by an operator, a hook or a provider.
#[derive(Clone, Debug)]
enum Step {
    Integrate(&'static str, &'static str),
    RemoveRelation(usize),
    AddUnit(&'static str),
    RemoveUnit(usize),
    SetLeader(usize),
    Elect,
    Configure(i64),
    WriteOutside(usize, &'static str),
    WriteInside { unit: usize, relation: usize, app: bool, value: &'static str, is_success: bool },
    Deliver { unit: usize, is_success: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![Just(""), Just("a"), Just("b")];
    prop_oneof![
        prop_oneof![Just(("web", "pg")), Just(("web", "cache")), Just(("pg", "other")), Just(("agent", "web"))]
            .prop_map(|(one, other)| Step::Integrate(one, other)),
        (0..6_usize).prop_map(Step::RemoveRelation),
        prop_oneof![Just("web"), Just("pg"), Just("cache")].prop_map(Step::AddUnit),
        (0..8_usize).prop_map(Step::RemoveUnit),
        (0..8_usize).prop_map(Step::SetLeader),
        Just(Step::Elect),
        (1..4_i64).prop_map(Step::Configure),
        (0..6_usize, value.clone()).prop_map(|(at, value)| Step::WriteOutside(at, value)),
        (0..8_usize, 0..6_usize, any::<bool>(), value, any::<bool>()).prop_map(
            |(unit, relation, app, value, is_success)| Step::WriteInside { unit, relation, app, value, is_success }
        ),
        (0..8_usize, any::<bool>()).prop_map(|(unit, is_success)| Step::Deliver { unit, is_success }),
    ]
}

fn pick<T: Clone>(list: &[T], at: usize) -> Option<T> {
    list.get(at % list.len().max(1)).cloned()
}

fn charmed(model: &Model) -> Vec<UnitName> {
    all_units(model).into_iter().filter(|unit| model.world.has_charm(unit.app())).collect()
}

/// Takes a step. A step that the model refuses leaves it as it is.
fn take(model: &mut Model, step: &Step) {
    let relations: Vec<RelationId> = model.relations().map(|relation| relation.id).collect();
    match *step {
        Step::Integrate(one, other) => drop(model.integrate(one, other)),
        Step::RemoveRelation(at) => {
            let ordinary = model.relations().filter(|relation| relation.sides.len() == 2);
            let ids: Vec<RelationId> = ordinary.map(|relation| relation.id).collect();
            pick(&ids, at).map(|id| model.remove_relation(id));
        }
        Step::AddUnit(app) => drop(model.add_unit(app)),
        Step::RemoveUnit(at) => drop(pick(&all_units(model), at).map(|unit| model.remove_unit(&unit))),
        Step::SetLeader(at) => drop(pick(&charmed(model), at).map(|unit| model.set_leader(&unit))),
        Step::Elect => drop(model.elect()),
        Step::Configure(port) => {
            model.configure("web", &[("port".to_owned(), juju::ConfigValue::Int(port))].into()).unwrap();
        }
        Step::WriteOutside(at, value) => {
            pick(&relations, at).map(|id| model.set_databag(id, &of_app("pg"), &bag([("k", value)])));
        }
        Step::WriteInside { unit, relation, app, value, is_success } => {
            let (Some(name), Some(id)) = (pick(&charmed(model), unit), pick(&relations, relation)) else { return };
            let whose = if app { Whose::App } else { Whose::Unit };
            let event = model.next_event(&name).unwrap_or(Event::UpdateStatus);
            let hook = model.begin(&name, event).unwrap();
            let mut transaction = model.transaction(hook.as_str()).unwrap();
            let leads = transaction.is_leader();
            let result = transaction.relation_set(id, whose, &bag([("k", value)]));
            assert!(result.is_err() || !app || leads, "only a leader writes its application's databag");
            model.finish(&hook, is_success).unwrap();
        }
        Step::Deliver { unit, is_success } => {
            let Some(name) = pick(&charmed(model), unit) else { return };
            if let Some(event) = model.next_event(&name) {
                let hook = model.begin(&name, event).unwrap();
                model.finish(&hook, is_success).unwrap();
            }
        }
    }
}

fn check(model: &Model) {
    let world = &model.world;
    for relation in world.relations.values() {
        for member in relation.members.iter() {
            assert!(relation.side(member.app()).is_some(), "{member} takes no part in {}", relation.id);
            assert!(relation.bags.contains_key(&Entity::Unit(member.clone())));
        }
        for databag in relation.bags.values() {
            assert!(databag.values.values().all(|value| !value.is_empty()), "an empty value was kept");
        }
    }
    for app in world.applications.values() {
        assert!(app.leader.is_some() || app.charm.is_some() || app.units.is_empty(), "{} can't speak", app.name);
        if let Some(leader) = &app.leader {
            assert!(app.units.contains_key(leader), "the leader {leader} is gone");
        }
        for unit in app.units.values() {
            if let Some(principal) = &unit.principal {
                assert!(world.unit(principal).is_some(), "{} outlived {principal}", unit.name);
            }
            for (id, known) in &unit.memory.relations {
                let relation = world.relations.get(id);
                assert!(relation.is_some(), "{} remembers relation {id}, which is gone", unit.name);
                let remote = relation.map(|relation| relation.remote_app(app.name.as_str())).unwrap_or_default();
                assert!(known.units.keys().all(|other| other.app() == remote && *other != unit.name));
            }
        }
    }
}

fn world() -> Model {
    let cache = CharmFiles::parse("name: cache\nprovides: {redis: {interface: redis}}", "", "").unwrap();
    let mut model = Model::new("test");
    model.deploy("web", charm(), 2).unwrap();
    model.deploy("cache", cache, 1).unwrap();
    let agent = "name: agent\nsubordinate: true\nrequires: {any: {interface: juju-info, scope: container}}";
    model.deploy("agent", CharmFiles::parse(agent, "", "").unwrap(), 0).unwrap();
    model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
    model.add_application("other", vec![endpoint("db", Role::Requires, "pg")], 1).unwrap();
    model
}

proptest! {
    #[test]
    fn rules_hold_and_the_queue_drains(steps in proptest::collection::vec(step(), 0..60)) {
        let mut model = world();
        for step in &steps {
            take(&mut model, step);
            check(&model);
        }
        drain(&mut model);
        check(&model);
        prop_assert!(model.relations().all(|relation| !relation.is_dying), "a removed relation stayed");
        prop_assert!(model.world.applications.values().all(|app| app.units.values().all(|unit| !unit.is_dying)));
        // Each member knows all other members.
        for name in charmed(&model) {
            let known = &model.unit(&name).unwrap().memory.relations;
            let relations = model.world.relations_of(name.app());
            for relation in relations.filter(|relation| model.world.gets_events(relation, &name)) {
                let units: Vec<&UnitName> = relation.counterparts(&name).collect();
                prop_assert_eq!(known[&relation.id].units.keys().collect::<Vec<_>>(), units);
            }
        }
    }
}
