//! Juju's rules, a table or a short story for each.

mod access;
mod cloud;
mod cost;
mod leadership;
mod order;
mod property;
mod secret;
mod storage;
mod subordinate;
mod transaction;

use super::*;
use juju::{CharmFiles, Databag, Entity, RelationId, Role};

const METADATA: &str = "
name: web
containers: {app: {}}
requires:
  db: {interface: pg, limit: 1}
  cache: {interface: redis}
peers:
  ring: {interface: ring}
";
const CONFIG: &str = "
options:
  port: {type: int, default: 8000}
  name: {type: string}
  ratio: {type: float}
  on: {type: boolean}
  key: {type: secret}
";
const ACTIONS: &str = "
greet:
  params:
    whom: {type: string, default: world}
    times: {type: integer}
  required: [times]
  additionalProperties: false
";

fn charm() -> CharmFiles {
    CharmFiles::parse(METADATA, CONFIG, ACTIONS).unwrap()
}

fn unit(name: &str) -> UnitName {
    name.parse().unwrap()
}

fn of_app(name: &str) -> Entity {
    Entity::App(name.to_owned())
}

fn of_unit(name: &str) -> Entity {
    Entity::Unit(unit(name))
}

fn bag<const N: usize>(pairs: [(&str, &str); N]) -> Databag {
    Databag::from_iter(pairs)
}

/// `web` with two units, integrated with `pg`, which has two units and no charm. Every event has run.
fn settled() -> (Model, RelationId, RelationId) {
    let mut model = Model::new("test");
    model.deploy("web", charm(), 2).unwrap();
    model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 2).unwrap();
    let ring = model.relations().next().unwrap().id;
    let db = model.integrate("web", "pg").unwrap();
    drain(&mut model);
    (model, ring, db)
}

/// Runs an event with a hook that makes no calls.
fn tell(model: &mut Model, name: &UnitName, event: Event) {
    let hook = model.begin(name, event).unwrap();
    model.finish(&hook, true).unwrap();
}

/// Runs events until no unit has any, and returns them as `unit: event`.
fn drain(model: &mut Model) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let before = told.len();
        for name in all_units(model) {
            while let Some(event) = model.next_event(&name) {
                told.push(format!("{name}: {}", describe(&event)));
                assert!(told.len() < 2000, "the queue doesn't drain: {:?}", &told[1990..]);
                tell(model, &name, event);
            }
        }
        if told.len() == before {
            return told;
        }
    }
}

fn all_units(model: &Model) -> Vec<UnitName> {
    let apps: Vec<String> = model.applications().map(str::to_owned).collect();
    apps.iter().flat_map(|app| model.units(app).unwrap()).collect()
}

/// The event's name, then the unit or application it is about.
fn describe(event: &Event) -> String {
    match event {
        Event::Relation(relation) => {
            let who = relation.unit.as_ref().map(UnitName::to_string).or_else(|| relation.app.clone());
            format!("{} {}", event.name(), who.unwrap_or_default())
        }
        _ => event.name(),
    }
}

/// Makes calls in a hook of update-status that succeeds.
fn in_hook<R>(model: &mut Model, name: &str, work: impl FnOnce(&mut Transaction<'_>) -> R) -> R {
    in_event(model, name, Event::UpdateStatus, true, work)
}

fn in_event<R>(
    model: &mut Model,
    name: &str,
    event: Event,
    is_success: bool,
    work: impl FnOnce(&mut Transaction<'_>) -> R,
) -> R {
    let hook = model.begin(&unit(name), event).unwrap();
    let result = work(&mut model.transaction(hook.as_str()).unwrap());
    model.finish(&hook, is_success).unwrap();
    result
}
