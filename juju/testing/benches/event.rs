//! Time of one event in a test: [`Context::run`] and a change of a [`Harness`], with a charm that reads its options and sets
//! its status. `cargo bench -p juju-testing --bench event` prints both and fails above the limit.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench")]

use juju::event::ConfigChanged;
use juju::{Charm, Error, Event, Juju, On, Setup, Status, Whose};
use juju_testing::{Context, Harness, State, StateRelation};
use std::time::{Duration, Instant};

/// Limit of one event.
const LIMIT: Duration = Duration::from_micros(50);
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

fn best(mut event: impl FnMut(u32)) -> Duration {
    let time = |event: &mut dyn FnMut(u32)| {
        let start = Instant::now();
        (0..EVENTS).for_each(event);
        start.elapsed() / EVENTS
    };
    (0..ROUNDS).map(|_| time(&mut event)).min().unwrap()
}

fn main() {
    let mut context = Context::<Hello>::from_meta(METADATA, CONFIG, "").unwrap();
    let relations = vec![StateRelation::new(1, "db"), StateRelation::peer(2, "ring")];
    let state = State { relations, ..State::default() };
    let of_context = best(|_| drop(context.run(&Event::ConfigChanged, &state).unwrap()));
    let make = || {
        let mut harness = Harness::<Hello>::from_meta(METADATA, CONFIG, "").unwrap();
        harness.add_relation("db", "pg").unwrap();
        harness.begin_with_initial_hooks().unwrap();
        harness
    };
    let mut harness = make();
    let of_harness = best(|number| {
        if number == 0 {
            // A long test is not measured: the harness keeps its events and calls.
            harness = make();
        }
        harness.update_config([("port", i64::from(number))]).unwrap();
    });
    for (what, time) in [("Context::run", of_context), ("a change of a Harness", of_harness)] {
        println!("{what}: {time:?}");
        assert!(time <= LIMIT, "the limit is {LIMIT:?}");
    }
}
