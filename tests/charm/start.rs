//! The start sequence, options, events without changes, and the cost of each event.

use std::collections::BTreeMap;

use juju::{Event, StatusKind};

use crate::support::{Charm, Pod, Rock, World, pebble_ready};

/// An application whose page lists its variables, without the secret key.
pub(crate) const APP: &str = r#"
import os
from flask import Flask
app = Flask(__name__)

@app.route("/")
def index():
    names = sorted(name for name in os.environ if name.startswith("FLASK_") and "SECRET" not in name)
    return "".join(f"{name}={os.environ[name]}\n" for name in names)
"#;

/// Requests to Pebble of an event without changes: all files whose paths are known, plan, services, and the migration's script.
pub(crate) const READS: [&str; 4] = ["GET /v1/files", "GET /v1/plan", "GET /v1/services", "GET /v1/files"];

#[test]
fn a_flask_application_starts_is_configured_and_answers() {
    let mut world = World::started(APP);
    world.expect(StatusKind::Active, "");
    let pod = world.pod.as_mut().unwrap();
    assert!(pod.page("/").contains("FLASK_BASE_URL=http://flask-k8s.test:8000\n"));
    world.configure(&[("greeting", "ahoy"), ("flask-env", "staging"), ("webserver-workers", "2")]);
    world.expect(StatusKind::Active, "");
    world.pod.as_mut().unwrap().page_with("/", "FLASK_GREETING=ahoy\n");
    world.pod.as_mut().unwrap().page_with("/", "FLASK_ENV=staging\n");
}

#[test]
fn a_second_identical_event_asks_little_and_changes_nothing() {
    let world = World::started(APP);
    let pebble = pebble::blocking::Client::new(world.socket());
    let before = (pebble.plan().unwrap(), pebble.services(&[]).unwrap());
    for event in [Event::ConfigChanged, pebble_ready(), Event::UpdateStatus] {
        let log = world.logged();
        let done = world.fire(event.clone());
        // The endpoints are the peer's and one without a relation.
        let asked = if event == Event::UpdateStatus { 2 } else { 1 };
        let reads = [
            ("config-get", 1),
            ("is-leader", 1),
            ("opened-ports", 1),
            ("relation-get", 1),
            ("relation-ids", asked),
            ("relation-list", 1),
            ("state-get", 1),
            ("status-set", 2),
        ];
        let reads = reads.into_iter().map(|(tool, times)| (tool.to_owned(), times)).collect::<BTreeMap<_, _>>();
        assert_eq!(done.counts(), reads, "{event:?}");
        assert_eq!(world.requests_since(log), READS, "{event:?}");
    }
    assert_eq!((pebble.plan().unwrap(), pebble.services(&[]).unwrap()), before);
}

#[test]
fn juju_is_asked_about_endpoints_in_use_alone_except_in_update_status() {
    let world = World::of(&Charm::with_every_integration("flask")).with_pod(Rock::idle());
    world.settle();
    let asked = |event: Event| {
        let counts = world.fire(event).counts();
        (counts["relation-ids"], counts.values().sum::<usize>())
    };
    assert_eq!(asked(Event::ConfigChanged), (1, 9), "the peer relation alone");
    let endpoints = asked(Event::UpdateStatus).0;
    assert!(endpoints > 10, "{endpoints}");
    let redis = world.integrate("redis", "cache");
    world.settle();
    assert_eq!(asked(Event::ConfigChanged).0, 2);
    world.server.with(|model| model.remove_relation(redis)).unwrap();
    world.settle();
    assert_eq!(asked(Event::ConfigChanged), (1, 9));
}

#[test]
fn an_event_without_a_decision_calls_no_tool() {
    let world = World::new();
    for event in [Event::Install, Event::Start, Event::Stop, Event::Remove] {
        assert_eq!(world.fire(event).counts(), BTreeMap::new());
    }
}

#[test]
fn the_secret_key_is_nowhere_to_be_read() {
    let world = World::started(APP);
    let key =
        pebble::blocking::Client::new(world.socket()).plan().unwrap().services["flask"].environment["FLASK_SECRET_KEY"]
            .clone();
    assert_eq!(key.len(), 86);
    assert!(!world.public_texts().contains(&key));
}

#[test]
fn the_costs_of_the_start_sequence_are_the_golden_ones() {
    let mut world = World::new();
    world.pod = Some(Pod::start(world.dir.path(), Rock::idle()));
    let mut costs = sequence(&world);
    costs.push(cost(&world, pebble_ready()));
    costs.push(cost(&world, Event::UpdateStatus));
    testkit::assert_golden("tests/golden/start.txt", &costs.concat());
}

/// A unit with a pod, and a database with its account in a secret, before its first event.
pub(super) fn with_database() -> World {
    let mut world = World::of(&Charm::with_integrations());
    world.pod = Some(Pod::start(world.dir.path(), Rock::idle()));
    let id = world.integrate("postgresql", "db");
    let content =
        [("username", "user-1"), ("password", "pass-word-1"), ("uris", "postgresql://user-1:pass-word-1@db/x")];
    let secret = world.secret("db", &content);
    world.server.with(|model| model.grant_secret(&secret, id)).unwrap();
    world.say(id, "db", &[("endpoints", "db:5432"), ("secret-user", &secret.to_string())]);
    world
}

#[test]
fn the_costs_with_a_database_and_ingress_are_the_golden_ones() {
    let world = with_database();
    let ingress = world.integrate("ingress", "lb");
    world.say(ingress, "lb", &[("ingress", "{\"url\": \"https://example.com/\"}")]);
    let mut costs = sequence(&world);
    costs.push(cost(&world, pebble_ready()));
    costs.push(cost(&world, Event::UpdateStatus));
    testkit::assert_golden("tests/golden/start-integrated.txt", &costs.concat());
}

/// Costs of all events that are due.
fn sequence(world: &World) -> Vec<String> {
    std::iter::from_fn(|| world.next().map(|event| cost(world, event))).collect()
}

/// Name of an event, with its hook-tool calls and requests to Pebble, and their number if there are several.
fn cost(world: &World, event: Event) -> String {
    let (log, name) = (world.logged(), event.name());
    let done = world.fire(event);
    let mut asked = BTreeMap::new();
    for request in world.requests_since(log) {
        *asked.entry(request.replace("/v1/", "")).or_insert(0) += 1;
    }
    let list = |what: &str, counts: BTreeMap<String, usize>| {
        let items = counts.into_iter().map(|(what, times)| if times == 1 { what } else { format!("{what} ×{times}") });
        let items = items.collect::<Vec<_>>().join(", ");
        if items.is_empty() { String::new() } else { format!("  {what}: {items}\n") }
    };
    format!("{name}\n{}{}", list("Juju", done.counts()), list("Pebble", asked))
}
