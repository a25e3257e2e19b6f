//! Time of one event in a test: [`Context::run`] and a change of a [`Harness`], with a charm that reads its options and sets
//! its status, beside a hook of the same model without a charm. `cargo bench -p webcharm-juju-testing --bench event` prints the times
//! and their ratios, which are the result.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench")]

use juju::event::ConfigChanged;
use juju::{Charm, CharmFiles, Error, Event, Juju, On, Role, Setup, Status, UnitName, Whose};
use std::time::{Duration, Instant};
use webcharm_juju_testing::{Context, Harness, Model, State, StateRelation, endpoint};

/// Budget of one event.
const BUDGET: Duration = Duration::from_micros(50);
const ROUNDS: usize = 50;
const EVENTS: u32 = 500;
const METADATA: &str = "{name: web, requires: {db: {interface: pg}}, peers: {ring: {interface: ring}}}";
const CONFIG: &str = "options: {port: {type: int, default: 8000}}";

struct Hello;

impl Charm for Hello {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self, Error> {
        Ok(Hello)
    }

    fn observe(on: &mut On<Self>) {
        on.event(ConfigChanged, Self::greet);
    }
}

impl Hello {
    fn greet(&mut self, _: &ConfigChanged, juju: &Juju<'_>) -> Result<(), Error> {
        let port = juju.options()?.int("port").unwrap_or_default();
        juju.set_status(Whose::Unit, &Status::active(format!("port {port}")))
    }
}

/// The empty hook: the model opens and closes it, and no charm runs.
fn empty_hooks() -> impl FnMut() {
    let mut model = Model::new("bench");
    model.deploy("web", CharmFiles::parse(METADATA, CONFIG, "").unwrap(), 1).unwrap();
    model.add_application("pg", vec![endpoint("database", Role::Provides, "pg")], 1).unwrap();
    model.integrate("web", "pg").unwrap();
    let unit: UnitName = "web/0".parse().unwrap();
    while let Some(event) = model.next_event(&unit) {
        run(&mut model, &unit, event);
    }
    move || (0..EVENTS).for_each(|_| run(&mut model, &unit, Event::ConfigChanged))
}

fn run(model: &mut Model, unit: &UnitName, event: Event) {
    let hook = model.begin(unit, event).unwrap();
    model.finish(&hook, true).unwrap();
}

fn events_of_a_context() -> impl FnMut() {
    let mut context = Context::<Hello>::from_meta(METADATA, CONFIG, "").unwrap();
    let relations = vec![StateRelation::new(1, "db"), StateRelation::peer(2, "ring")];
    let state = State { relations, ..State::default() };
    move || (0..EVENTS).for_each(|_| drop(context.run(&Event::ConfigChanged, &state).unwrap()))
}

/// A harness of its own for each round: it keeps its events and calls, and a long test is not measured.
fn changes_of_a_harness() -> impl FnMut() {
    || {
        let mut harness = Harness::<Hello>::from_meta(METADATA, CONFIG, "").unwrap();
        harness.add_relation("db", "pg").unwrap();
        harness.begin_with_initial_hooks().unwrap();
        (0..EVENTS).for_each(|number| harness.update_config([("port", i64::from(number))]).unwrap());
    }
}

/// A name, and a round of it.
type Subject = (&'static str, Box<dyn FnMut()>);

fn main() {
    let mut subjects: [Subject; 3] = [
        ("an empty hook", Box::new(empty_hooks())),
        ("Context::run", Box::new(events_of_a_context())),
        ("a change of a Harness", Box::new(changes_of_a_harness())),
    ];
    let mut best = [Duration::MAX; 3];
    // In turns, so that a slow moment of the machine meets all three.
    for _ in 0..ROUNDS {
        for (best, (_, run)) in best.iter_mut().zip(&mut subjects) {
            let start = Instant::now();
            run();
            *best = (*best).min(start.elapsed() / EVENTS);
        }
    }
    println!("{}: {:?}", subjects[0].0, best[0]);
    for (time, (what, _)) in best.iter().zip(&subjects).skip(1) {
        let ratio = time.as_secs_f64() / best[0].as_secs_f64();
        let verdict = if *time <= BUDGET { "ok" } else { "over" };
        println!("{what}: {time:?}, {ratio:.1} times the empty hook (budget {BUDGET:?}: {verdict})");
    }
}
