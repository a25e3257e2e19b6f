//! Hooks that find everything as it should be, and the table of hooks.

use juju::{Event, RelationId, Status};

use crate::support::{LEADER, Server, World, pebble_ready};

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

#[test]
fn ten_update_statuses_change_nothing() {
    let mut world = World::new("idle", 2);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    world.tick();
    let (before, events) = (world.outcome(client), world.container(0).events(0));
    for _ in 0..10 {
        for number in 0..2 {
            let finished = world.run(&World::unit(number), Event::UpdateStatus);
            let counts = finished.counts();
            for tool in
                ["relation-set", "secret-add", "secret-set", "secret-grant", "state-set", "application-version-set"]
            {
                assert_eq!(counts.get(tool), None, "{tool}");
            }
        }
    }
    let finished = world.run(&World::unit(0), Event::ConfigChanged);
    assert_eq!(finished.counts().get("relation-set"), None);
    assert_eq!(world.outcome(client), before);
    assert_eq!(world.container(0).events(0), events);
    assert!(world.all().iter().all(|unit| world.model.borrow().next_event(unit).is_none()));
}

#[test]
fn a_no_op_event_costs_few_hook_tools() {
    let mut world = World::new("counts", 1);
    world.start();
    world.add_backend();
    world.add_client("web", "shop");
    world.settle();
    world.tick();
    let calls = |event| world.run(&World::unit(0), event).calls.len();
    let counts = [Event::ConfigChanged, Event::UpdateStatus, pebble_ready()].map(calls);
    assert_eq!(counts, [7, 19, 14], "state-get, is-leader, config-get, relations and their databags, secrets, status");
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
