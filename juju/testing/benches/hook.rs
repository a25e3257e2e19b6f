//! Time of a hook without calls: beside a large model, beside a large databag, and alone. The ratios are the result:
//! `cargo bench -p webcharm-juju-testing --bench hook` prints them, each with its budget.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench")]

use juju::{CharmFiles, Databag, Entity, Event, RelationId, Role, UnitName};
use std::time::{Duration, Instant};
use webcharm_juju_testing::{Model, endpoint};

/// Budget: ratio to the hook of a model with one unit.
const BUDGET: f64 = 2.0;
const ROUNDS: usize = 25;
const HOOKS: u32 = 2000;

fn alone() -> (Model, UnitName, RelationId) {
    let mut model = Model::new("bench");
    let charm = CharmFiles::parse("name: web\nrequires: {db: {interface: pg}}", "", "").unwrap();
    model.deploy("web", charm, 1).unwrap();
    model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
    let db = model.integrate("web", "pg").unwrap();
    let unit = "web/0".parse().unwrap();
    while let Some(event) = model.next_event(&unit) {
        run(&mut model, &unit, event);
    }
    (model, unit, db)
}

/// 50 applications of 10 units with 100 relations, beside the unit under test.
fn beside_a_large_model() -> (Model, UnitName) {
    let (mut model, unit, _) = alone();
    let ends = |role| ["a", "b", "c", "d"].map(|end| endpoint(end, role, end)).to_vec();
    for number in 0..25 {
        model.add_application(&format!("provider{number}"), ends(Role::Provides), 10).unwrap();
        model.add_application(&format!("requirer{number}"), ends(Role::Requires), 10).unwrap();
        for end in ["a", "b", "c", "d"] {
            model.integrate(&format!("requirer{number}:{end}"), &format!("provider{number}:{end}")).unwrap();
        }
    }
    (model, unit)
}

fn beside_a_large_databag() -> (Model, UnitName) {
    let (mut model, unit, db) = alone();
    let bag = Databag::from_iter([("blob", "x".repeat(15 * 1024 * 1024))]);
    model.set_databag(db, &Entity::App("pg".into()), &bag).unwrap();
    while let Some(event) = model.next_event(&unit) {
        run(&mut model, &unit, event);
    }
    (model, unit)
}

fn run(model: &mut Model, unit: &UnitName, event: Event) {
    let hook = model.begin(unit, event).unwrap();
    model.finish(&hook, true).unwrap();
}

fn time(model: &mut Model, unit: &UnitName) -> Duration {
    let start = Instant::now();
    for _ in 0..HOOKS {
        run(model, unit, Event::UpdateStatus);
        assert_eq!(model.next_event(unit), None);
    }
    start.elapsed() / HOOKS
}

fn main() {
    let (mut alone, unit, _) = alone();
    let mut others =
        [("50 applications of 10 units, 100 relations", beside_a_large_model()), ("15 MiB", beside_a_large_databag())];
    let mut best = [Duration::MAX; 3];
    // In turns, so that a slow moment of the machine meets all three.
    for _ in 0..ROUNDS {
        best[0] = best[0].min(time(&mut alone, &unit));
        for (best, (_, (model, unit))) in best[1..].iter_mut().zip(&mut others) {
            *best = (*best).min(time(model, unit));
        }
    }
    println!("empty hook of a model with one unit: {:?}", best[0]);
    for (best_of, (what, _)) in best[1..].iter().zip(&others) {
        let ratio = best_of.as_secs_f64() / best[0].as_secs_f64();
        let verdict = if ratio <= BUDGET { "ok" } else { "over" };
        println!("beside {what}: {best_of:?}, {ratio:.2} times (budget {BUDGET}: {verdict})");
    }
}
