//! The pooler from its first event to a running service, with the fake Pebble of the harness as its container.

use juju::Status;
use juju_testing::Harness;
use pebble::types::ServiceStatus;

#[allow(dead_code, reason = "the program's main")]
#[path = "../src/main.rs"]
mod charm;

use charm::Pooler;

fn waiting(harness: &Harness<Pooler>) -> String {
    harness.unit_status().expect("a unit that was started").map(|status| status.to_string()).unwrap_or_default()
}

#[test]
fn start_waits_for_the_container_and_comes_again() {
    let mut harness = Harness::<Pooler>::new().unwrap();
    harness.begin().unwrap();
    harness.emit(&juju::Event::Start).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::waiting("waiting for the container pooler")));
    let writes = |harness: &mut Harness<Pooler>| {
        let calls = harness.take_backend_calls();
        calls.into_iter().map(|call| call.tool).filter(|tool| tool.starts_with("state-")).collect::<Vec<_>>()
    };
    assert_eq!(writes(&mut harness), ["state-get", "state-set"], "the event is kept");
    harness.reemit().unwrap();
    assert_eq!(writes(&mut harness), ["state-get"], "it came again, and waits on");
}

#[test]
fn the_service_runs_once_container_database_and_endpoints_are_there() {
    let mut harness = Harness::<Pooler>::new().unwrap();
    let root = harness.filesystem_root("pooler").unwrap();
    std::fs::create_dir(root.join("etc")).unwrap();
    harness.begin_with_initial_hooks().unwrap();
    assert_eq!(waiting(&harness), "waiting: waiting for a database", "pebble-ready brought start again");

    let id = harness.add_relation("database", "postgresql").unwrap();
    harness.update_relation_data(id, "postgresql", [("version", "16")]).unwrap();
    assert_eq!(waiting(&harness), "waiting: waiting for the database's endpoints");
    let start = ("start".to_owned(), "start".to_owned());
    let changed = ("database-relation-changed".to_owned(), "database-changed".to_owned());
    assert_eq!(harness.deferred_events().unwrap(), [start, changed]);

    harness.update_relation_data(id, "postgresql", [("endpoints", "10.1.0.5:5432")]).unwrap();
    assert_eq!(harness.unit_status().unwrap(), Some(Status::active("")));
    assert_eq!(harness.deferred_events().unwrap(), []);
    assert_eq!(std::fs::read_to_string(root.join("etc/pooler.conf")).unwrap(), "10.1.0.5:5432");
    let plan = harness.container_plan("pooler").unwrap();
    assert_eq!(plan.services["pooler"].command, "pooler /etc/pooler.conf");
    let services = harness.pebble("pooler").unwrap().services();
    assert_eq!((services[0].name.as_str(), services[0].current), ("pooler", ServiceStatus::Active));
}

#[test]
fn a_service_that_fails_to_start_fails_the_hook_and_the_event_stays_deferred() {
    let mut harness = Harness::<Pooler>::new().unwrap();
    std::fs::create_dir(harness.filesystem_root("pooler").unwrap().join("etc")).unwrap();
    harness.begin_with_initial_hooks().unwrap();
    harness.fail_service("pooler", "pooler").unwrap();
    let id = harness.add_relation("database", "postgresql").unwrap();
    let changed = harness.update_relation_data(id, "postgresql", [("endpoints", "10.1.0.5:5432")]);
    let error = changed.unwrap_err().to_string();
    assert!(error.contains("cannot use Pebble") && error.contains("pooler"), "{error}");
    assert_eq!(harness.deferred_events().unwrap(), [("start".to_owned(), "start".to_owned())]);
}
