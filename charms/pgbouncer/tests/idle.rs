//! Hooks that find everything as it should be, and the table of hooks.

use interfaces::certificates::Certificate;
use juju::{Event, RelationId, Status};

use crate::support::{LEADER, Server, World, changed, created, pebble_ready, secret_changed};

/// Outdates the leader's address, and that of a client; update-status renews both, whatever the status is.
#[track_caller]
fn tick_renews_addresses(world: &World, client: Option<RelationId>, expected: &Status) {
    world.write_shared(&[("leader_hostname", "outdated")]);
    if let Some(client) = client {
        let outdated = [("endpoints", "outdated")].into_iter().collect();
        world.model.borrow_mut().set_databag(client, &world.app(), &outdated).unwrap();
    }
    world.run(&World::unit(LEADER), Event::UpdateStatus);
    assert_eq!(world.status(LEADER), *expected);
    let hostname = "pgbouncer-k8s-0.pgbouncer-k8s-endpoints.test.svc.cluster.local";
    assert_eq!(world.shared().text("leader_hostname"), Some(hostname), "{expected:?}");
    if let Some(client) = client {
        let endpoint = format!("{hostname}:6432");
        assert_eq!(world.ours(client).text("endpoints"), Some(endpoint.as_str()), "{expected:?}");
    }
}

#[test]
fn update_status_tells_backend_and_instances_and_renews_the_leader_s_address() {
    let mut world = World::new("update-status", 1);
    world.start();
    let blocked = Status::blocked("waiting for backend database relation to initialise");
    tick_renews_addresses(&world, None, &blocked);
    world.add_backend();
    let client = Some(world.add_client("web", "shop"));
    world.settle();
    tick_renews_addresses(&world, client, &Status::active(""));
    Server::with("update-status", |server| server.is_away = true);
    tick_renews_addresses(&world, client, &Status::blocked("backend database relation not ready"));
    Server::with("update-status", |server| server.is_away = false);
    let names = ["pgbouncer_1"];
    world.container(LEADER).pebble().stop(&names, std::time::Duration::from_secs(60)).unwrap();
    let waiting = "PgBouncer service pgbouncer_1 not running: service status = inactive";
    tick_renews_addresses(&world, client, &Status::waiting(waiting));
    world.containers.get_mut(&World::unit(LEADER)).unwrap().kill();
    tick_renews_addresses(&world, client, &Status::waiting("PgBouncer container currently unavailable"));
}

#[test]
fn update_status_of_another_unit_writes_no_leader() {
    let mut world = World::new("update-follower", 2);
    world.start();
    world.write_shared(&[("leader_hostname", "outdated")]);
    world.run(&World::unit(1), Event::UpdateStatus);
    assert_eq!(world.shared().text("leader_hostname"), Some("outdated"));
}

/// Two units with everything that they may be related to, at rest.
fn at_rest(host: &str) -> World {
    let mut world = World::in_process(host, 2);
    world.start();
    world.add_backend();
    world.add_client("web", "shop");
    let authority = world.relate_authority();
    world.settle();
    world.certify(authority, |_| Certificate {
        certificate: "certificate".to_owned(),
        ca: "authority".to_owned(),
        chain: Vec::new(),
    });
    (0..3).for_each(|_| world.tick());
    world
}

/// Events of a unit that can come without a change.
fn events(world: &World) -> Vec<Event> {
    vec![
        Event::UpdateStatus,
        Event::ConfigChanged,
        Event::Start,
        Event::UpgradeCharm,
        Event::LeaderElected,
        pebble_ready(),
        created(world, "pgb-peers"),
        changed(world, "pgb-peers"),
        secret_changed(world),
        created(world, "backend-database"),
        changed(world, "backend-database"),
        changed(world, "database"),
        changed(world, "certificates"),
    ]
}

/// Calls of hook tools, requests to Pebble, and calls of the backend.
type Costs = (usize, usize, usize);

/// Runs a hook; no instance starts or reloads, and nothing is written.
#[track_caller]
fn costs(world: &World, number: u32, event: Event) -> Costs {
    let before = world.container(number).process_changes();
    let finished = world.run(&World::unit(number), event.clone());
    let counts = finished.counts();
    for tool in ["relation-set", "secret-add", "secret-set", "secret-grant", "state-set", "application-version-set"] {
        assert_eq!(counts.get(tool), None, "{tool} in {event:?} of unit {number}");
    }
    assert_eq!(world.container(number).process_changes(), before, "{event:?} of unit {number}");
    let steps = world.killer.names();
    let requests: Vec<_> = steps.iter().filter(|step| step.contains(" /v1/")).collect();
    let writes = |step: &&&String| step.starts_with("POST /v1/files") || step.starts_with("POST /v1/signals");
    assert_eq!(requests.iter().find(writes), None, "{event:?} of unit {number}");
    (finished.calls.len(), requests.len(), steps.len() - finished.calls.len() - requests.len())
}

#[test]
fn no_event_without_a_change_reloads_or_writes() {
    let world = at_rest("idle-events");
    for number in 0..2 {
        for event in events(&world) {
            if number == LEADER || event != Event::LeaderElected {
                costs(&world, number, event);
            }
        }
        assert_eq!(world.deferred(number), [""; 0]);
    }
    assert!(world.all().iter().all(|unit| world.model.borrow().next_event(unit).is_none()));
}

#[test]
fn ten_update_statuses_change_nothing() {
    let mut world = World::in_process("idle", 2);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    world.tick();
    let before = world.outcome(client);
    for _ in 0..10 {
        for number in 0..2 {
            costs(&world, number, Event::UpdateStatus);
        }
    }
    assert_eq!(world.outcome(client), before);
    assert!(world.all().iter().all(|unit| world.model.borrow().next_event(unit).is_none()));
}

#[test]
fn a_no_op_event_costs_few_calls() {
    let mut world = World::in_process("counts", 1);
    world.start();
    world.add_backend();
    world.add_client("web", "shop");
    world.settle();
    world.tick();
    let cost = |event| costs(&world, 0, event);
    // Tools: state-get, is-leader, config-get, relations and their databags, secrets, status. Requests: the base document and
    // the services; pebble-ready asks for the version, adds the layer and replans, too. SQL: a connection and a trivial query.
    assert_eq!(cost(Event::ConfigChanged), (7, 1, 0));
    assert_eq!(cost(Event::UpdateStatus), (19, 3, 2));
    assert_eq!(cost(pebble_ready()), (14, 12, 2));
}

#[test]
fn every_hook_of_the_flow_charts_has_a_handler() {
    let table = juju::On::<pgbouncer::PgBouncer>::of_charm();
    let deferring: Vec<_> = table.observations().filter_map(|observation| observation.defers).collect();
    assert_eq!(
        deferring,
        [
            "start",
            "pebble-ready",
            "config-changed",
            "upgrade-charm",
            "leader-elected",
            "secret-changed",
            "peers-created",
            "peers-joined",
            "peers-changed",
            "backend-changed",
            "client-requested",
            "certificates-changed"
        ]
    );
    assert_eq!(table.observations().count(), 21);
}
