//! Guards of single hooks: each with the answer that ends the hook, and the one by which it goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use juju::{Event, RelationEvent, RelationKind, Status, StatusKind, UnitName};

use crate::support::{APP, Server, World, pebble_ready};

const LEADER: u32 = 0;

fn created(world: &World, endpoint: &str) -> Event {
    relation(world, endpoint, RelationKind::Created)
}

fn relation(world: &World, endpoint: &str, kind: RelationKind) -> Event {
    let model = world.model.borrow();
    let found = model.relations().find(|relation| relation.endpoint(APP) == Some(endpoint)).unwrap();
    let app = found.sides.iter().map(|side| side.0.clone()).find(|app| *app != APP).unwrap_or_else(|| APP.to_owned());
    Event::Relation(RelationEvent {
        kind,
        endpoint: endpoint.to_owned(),
        id: found.id,
        unit: (kind == RelationKind::Departed).then(|| UnitName::new(app.clone(), 0)),
        app: Some(app),
        departing: None,
    })
}

fn departed(world: &World, endpoint: &str, departing: &UnitName) -> Event {
    let Event::Relation(event) = relation(world, endpoint, RelationKind::Departed) else { unreachable!() };
    Event::Relation(RelationEvent { departing: Some(departing.clone()), ..event })
}

/// A unit whose container runs, before any hook.
fn with_container(host: &str, units: u32) -> World {
    let mut world = World::new(host, units);
    for unit in world.all() {
        world.containers.get_mut(&unit).unwrap().start();
    }
    world
}

#[test]
fn start_waits_for_the_container_and_writes_nothing() {
    let world = World::new("start-container", 1);
    world.run(&World::unit(LEADER), Event::Start);
    assert_eq!(world.status(LEADER), Status::waiting("waiting for pgbouncer container"));
    assert_eq!(world.deferred(LEADER), ["start"]);
    assert_eq!(world.shared().text("cfg_file"), None);
}

#[test]
fn start_of_the_leader_generates_the_default_configuration_and_publishes_it() {
    let world = with_container("start-leader", 1);
    world.run(&World::unit(LEADER), Event::Start);
    let local = world.container(LEADER).file("lib/pgbouncer.ini").unwrap();
    let shared = world.shared();
    assert_eq!(shared.text("cfg_file"), Some(local.as_str()));
    assert!(local.contains("listen_port = 6432") && local.starts_with("[databases]\n\n[pgbouncer]\n"), "{local}");
    assert_eq!(shared.text("current_port"), Some("6432"));
    let hostname = "pgbouncer-k8s-0.pgbouncer-k8s-endpoints.test.svc.cluster.local";
    assert_eq!(shared.text("leader_hostname"), Some(hostname));
    assert_eq!(world.deferred(LEADER), [""; 0]);
}

#[test]
fn start_keeps_the_configuration_of_the_container() {
    let world = with_container("start-local", 1);
    world.run(&World::unit(LEADER), Event::Start);
    world.write_shared(&[("cfg_file", "")]);
    world.configure("pool_mode", "transaction");
    world.run(&World::unit(LEADER), Event::Start);
    let local = world.container(LEADER).file("lib/pgbouncer.ini").unwrap();
    assert!(local.contains("pool_mode = session"), "not generated anew: {local}");
    assert_eq!(world.shared().text("cfg_file"), Some(local.as_str()));
}

#[test]
fn start_takes_the_configuration_of_the_peer_databag() {
    let world = with_container("start-shared", 2);
    world.run(&World::unit(LEADER), Event::Start);
    world.run(&World::unit(1), Event::Start);
    let file = |number: u32| world.container(number).file("lib/pgbouncer.ini");
    assert_eq!(file(1), file(LEADER));
    assert_eq!(world.deferred(1), [""; 0]);
}

#[test]
fn start_of_another_unit_waits_for_the_leader() {
    let world = with_container("start-follower", 2);
    world.run(&World::unit(1), Event::Start);
    assert_eq!(world.status(1), Status::waiting("waiting for leader to generate configuration"));
    assert_eq!(world.deferred(1), ["start"]);
    assert_eq!(world.container(1).file("lib/pgbouncer.ini"), None);
}

#[test]
fn start_makes_folders_that_only_their_user_enters() {
    let world = with_container("start-folders", 1);
    world.run(&World::unit(LEADER), Event::Start);
    let mode = |path: &str| fs::metadata(world.container(LEADER).path(path)).unwrap().permissions().mode() & 0o777;
    for folder in ["lib/instance_0", "lib/instance_1", "log/instance_0", "log/instance_1"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
    for file in ["lib/pgbouncer.ini", "lib/instance_0/pgbouncer.ini", "lib/instance_1/pgbouncer.ini"] {
        assert_eq!(mode(file), 0o400, "{file}");
    }
}

#[test]
fn start_with_invalid_options_is_blocked_until_they_are_valid() {
    let world = with_container("start-options", 1);
    world.configure("pool_mode", "fast");
    world.run(&World::unit(LEADER), Event::Start);
    assert_eq!(world.status(LEADER), Status::blocked("invalid config: pool_mode"));
    assert_eq!(world.shared().text("cfg_file"), None);
    world.configure("pool_mode", "statement");
    world.run(&World::unit(LEADER), Event::ConfigChanged);
    world.run(&World::unit(LEADER), Event::UpdateStatus);
    assert!(world.shared().text("cfg_file").unwrap().contains("pool_mode = statement"));
}

#[test]
fn pebble_ready_waits_for_the_configuration_and_start_releases_it() {
    let world = with_container("ready-first", 1);
    world.run(&World::unit(LEADER), pebble_ready());
    let status = world.status(LEADER);
    assert!(
        status.kind == StatusKind::Waiting && status.message.starts_with("Unable to read config, error: "),
        "{status:?}"
    );
    assert_eq!(world.deferred(LEADER), ["pebble-ready"]);
    assert!(world.container(LEADER).pebble().plan().unwrap().services.is_empty());
    world.run(&World::unit(LEADER), Event::Start);
    assert_eq!(world.deferred(LEADER), ["pebble-ready"], "deferred events come before the hook's own");
    world.run(&World::unit(LEADER), Event::UpdateStatus);
    assert_eq!(world.deferred(LEADER), [""; 0]);
    world.container(LEADER).wait_for(0, 1, 0);
}

#[test]
fn pebble_ready_plans_the_instances_starts_them_and_tells_the_version() {
    let world = with_container("ready", 1);
    world.run(&World::unit(LEADER), Event::Start);
    world.run(&World::unit(LEADER), pebble_ready());
    let pebble = world.container(LEADER).pebble();
    let plan = pebble.plan().unwrap();
    assert_eq!(plan.services.keys().collect::<Vec<_>>(), ["pgbouncer_0", "pgbouncer_1"]);
    assert!(pebble.services(&[]).unwrap().iter().all(pebble::types::ServiceInfo::is_running));
    assert_eq!(world.model.borrow().workload_version(APP).unwrap(), "1.18.0");
    assert_eq!(world.told(LEADER).text("container_initialised"), Some("True"));
    assert_eq!(world.status(LEADER), Status::blocked("waiting for backend database relation to initialise"));
    assert!(!world.container(LEADER).path("lib/key.pem").exists(), "no certificates, no files of TLS");
    let instance = world.container(LEADER).file("lib/instance_0/pgbouncer.ini").unwrap();
    assert!(
        !instance.contains("max_prepared_statements") && !instance.contains("[peers]"),
        "fatal in 1.18: {instance}"
    );
}

#[test]
fn a_pgbouncer_that_does_not_start_is_told_and_no_error() {
    let world = with_container("ready-broken", 1);
    world.container(LEADER).break_program(true);
    world.run(&World::unit(LEADER), Event::Start);
    world.run(&World::unit(LEADER), pebble_ready());
    assert_eq!(world.told(LEADER).text("container_initialised"), None);
    assert_eq!(world.status(LEADER).kind, StatusKind::Blocked, "the backend comes first");
    assert_eq!(world.log_lines("cannot"), 1, "{:#?}", world.log.borrow());
}

#[test]
fn config_changed_is_the_leaders() {
    let mut world = World::new("config-follower", 2);
    world.start();
    let before = world.container(1).file("lib/pgbouncer.ini");
    world.configure("pool_mode", "transaction");
    let finished = world.run(&World::unit(1), Event::ConfigChanged);
    assert_eq!(world.container(1).file("lib/pgbouncer.ini"), before);
    assert_eq!(finished.counts().get("relation-set"), None);
    assert_eq!(world.container(1).events(0), ["start"]);
}

#[test]
fn config_changed_waits_for_the_configuration() {
    let world = with_container("config-early", 1);
    world.run(&World::unit(LEADER), Event::ConfigChanged);
    let status = world.status(LEADER);
    assert!(status.message.starts_with("Unable to read config, error: "), "{status:?}");
    assert_eq!(world.deferred(LEADER), ["config-changed"]);
}

#[test]
fn config_changed_takes_over_every_option_and_reloads_once() {
    let mut world = World::new("config-options", 1);
    world.start();
    for (option, value, line) in [
        ("pool_mode", juju::ConfigValue::from("transaction"), "pool_mode = transaction"),
        ("max_db_connections", juju::ConfigValue::from(8), "max_db_connections = 8"),
        ("max_prepared_statements", juju::ConfigValue::from(7), "max_prepared_statements = 7"),
    ] {
        world.configure(option, value);
        world.settle();
        let local = world.container(LEADER).file("lib/pgbouncer.ini").unwrap();
        assert!(local.contains(line), "{line}: {local}");
        assert_eq!(world.shared().text("cfg_file"), Some(local.as_str()));
    }
    let instance = world.container(LEADER).file("lib/instance_1/pgbouncer.ini").unwrap();
    assert!(instance.contains("default_pool_size = 2\nmin_pool_size = 1\nreserve_pool_size = 1"), "{instance}");
    // The third option is none of PgBouncer 1.18.
    world.container(LEADER).wait_for(0, 1, 2);
    world.container(LEADER).wait_for(1, 1, 2);
}

#[test]
fn a_new_port_restarts_the_instances_and_reaches_the_clients() {
    let mut world = World::new("config-port", 1);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    let starts = world.container(LEADER).events(0).iter().filter(|event| *event == "start").count();
    world.configure("listen_port", 7000);
    world.settle();
    assert_eq!(world.shared().text("current_port"), Some("7000"));
    assert!(world.ours(client).text("endpoints").unwrap().ends_with(":7000"));
    let events = world.container(LEADER).events(0);
    assert_eq!(events.iter().filter(|event| *event == "start").count(), starts + 1, "{events:?}");
}

#[test]
fn invalid_options_are_told_change_nothing_and_are_forgotten_once_valid() {
    let mut world = World::new("config-invalid", 1);
    world.start();
    let before = world.container(LEADER).file("lib/pgbouncer.ini");
    world.configure("listen_port", 0);
    world.configure("max_db_connections", -1);
    world.settle();
    assert_eq!(world.status(LEADER), Status::blocked("invalid config: listen_port, max_db_connections"));
    assert_eq!(world.container(LEADER).file("lib/pgbouncer.ini"), before);
    world.configure("listen_port", 6432);
    world.configure("max_db_connections", 100);
    world.settle();
    assert_eq!(world.status(LEADER), Status::blocked("waiting for backend database relation to initialise"));
    assert_eq!(world.container(LEADER).events(0), ["start"]);
}

#[test]
fn update_status_tells_backend_and_instances_and_renews_the_leader_s_address() {
    let mut world = World::new("update-status", 1);
    world.start();
    world.write_shared(&[("leader_hostname", "outdated")]);
    world.tick();
    assert_eq!(world.status(LEADER), Status::blocked("waiting for backend database relation to initialise"));
    assert!(world.shared().text("leader_hostname").unwrap().starts_with("pgbouncer-k8s-0."), "in the blocked branch");
    world.add_backend();
    world.tick();
    assert_eq!(world.status(LEADER), Status::active(""));
    Server::with("update-status", |server| server.is_away = true);
    world.tick();
    assert_eq!(world.status(LEADER), Status::blocked("backend database relation not ready"));
    Server::with("update-status", |server| server.is_away = false);
    world.write_shared(&[("leader_hostname", "outdated")]);
    let names = ["pgbouncer_1"];
    world.container(LEADER).pebble().stop(&names, std::time::Duration::from_secs(60)).unwrap();
    world.tick();
    let expected = "PgBouncer service pgbouncer_1 not running: service status = inactive";
    assert_eq!(world.status(LEADER), Status::waiting(expected));
    assert!(world.shared().text("leader_hostname").unwrap().starts_with("pgbouncer-k8s-0."), "in the waiting branch");
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
fn peers_created_waits_for_the_configuration_and_then_for_the_backend() {
    let world = with_container("peers-created", 1);
    let unit = World::unit(LEADER);
    world.run(&unit, created(&world, "pgb-peers"));
    assert_eq!(world.deferred(LEADER), ["peers-created"]);
    assert_eq!(world.shared().text("cfg_file"), None);
    assert!(world.told(LEADER).text("private-address").unwrap().starts_with("pgbouncer-k8s-0."));
    world.run(&unit, Event::Start);
    world.run(&unit, pebble_ready());
    assert_eq!(world.deferred(LEADER), ["peers-created"], "the auth file waits for the backend");
    assert_eq!(world.shared().text("auth_file"), None);
    world.settle();
    world.add_backend();
    world.tick();
    assert!(world.shared().text("auth_file").unwrap().starts_with("secret:"));
    assert_eq!(world.deferred(LEADER), [""; 0]);
}

#[test]
fn the_backend_waits_for_the_services() {
    let mut world = with_container("backend-early", 1);
    let id = world.relate_backend();
    world.run(&World::unit(LEADER), created(&world, "backend-database"));
    assert!(world.answer_backend(id, &[]));
    world.run(&World::unit(LEADER), relation(&world, "backend-database", RelationKind::Changed));
    assert_eq!(world.status(LEADER), Status::maintenance("Initialising backend-database relation"));
    assert_eq!(world.deferred(LEADER), ["backend-changed"]);
    assert!(Server::with("backend-early", |server| server.statements.is_empty()));
    world.model.borrow_mut().push(&World::unit(LEADER), pebble_ready()).unwrap();
    world.settle();
    world.tick();
    assert_eq!(world.status(LEADER), Status::active(""));
    assert_eq!(world.deferred(LEADER), [""; 0]);
    world.containers.clear();
}

#[test]
fn the_backend_s_request_is_written_by_the_leader() {
    let world = World::new("backend-request", 2);
    let id = world.relate_backend();
    world.run(&World::unit(1), created(&world, "backend-database"));
    assert!(world.ours(id).is_empty());
    world.run(&World::unit(LEADER), created(&world, "backend-database"));
    let ours = world.ours(id);
    assert_eq!(ours.text("database"), Some("pgbouncer"));
    assert_eq!(ours.text("extra-user-roles"), Some("SUPERUSER"));
    assert_eq!(ours.text("requested-secrets"), Some(r#"["username", "password", "tls", "tls-ca"]"#));
}

#[test]
fn a_client_waits_for_the_backend_and_for_the_services() {
    let mut world = World::new("client-early", 1);
    world.start();
    let client = world.add_client("web", "shop");
    world.settle();
    assert_eq!(world.status(LEADER), Status::waiting("waiting for backend-database relation to connect"));
    assert!(world.deferred(LEADER).contains(&"client-requested".to_owned()));
    assert_eq!(world.shared().text("pgb_dbs_config"), None);
    world.add_backend();
    world.tick();
    world.tick();
    assert!(world.ours(client).text("secret-user").is_some(), "{:#?}", world.log.borrow());

    let pebble = world.container(LEADER).pebble();
    pebble.stop(&["pgbouncer_0"], std::time::Duration::from_secs(60)).unwrap();
    let second = world.add_client("blog", "blog");
    world.settle();
    assert!(world.deferred(LEADER).contains(&"client-requested".to_owned()));
    assert_eq!(world.ours(second).text("secret-user"), None);
    pebble.start(&["pgbouncer_0"], std::time::Duration::from_secs(60)).unwrap();
    world.tick();
    assert!(world.ours(second).text("secret-user").is_some());
}

#[test]
fn a_hostile_database_name_is_refused_and_the_others_are_served() {
    let mut world = World::new("client-hostile", 1);
    world.start();
    world.add_backend();
    let good = world.add_client("web", "shop");
    let bad = world.add_client("blog", "x; [pgbouncer]");
    world.settle();
    assert!(world.ours(good).text("secret-user").is_some());
    assert_eq!(world.ours(bad).text("secret-user"), None);
    assert_eq!(world.status(LEADER), Status::blocked("invalid database name"));
    assert!(!world.shared().text("cfg_file").unwrap().contains("x;"));
}

#[test]
fn a_unit_that_departs_is_noted_in_its_own_databag() {
    let mut world = World::new("departing", 1);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    for (endpoint, id) in [("backend-database", backend), ("database", client)] {
        world
            .model
            .borrow_mut()
            .set_databag(client, &world.app(), &[("endpoints", "outdated")].into_iter().collect())
            .unwrap();
        world.run(&World::unit(LEADER), departed(&world, endpoint, &World::unit(LEADER)));
        let flag = format!("{endpoint}_{id}_departing");
        assert_eq!(world.told(LEADER).text(&flag), Some("true"));
        let endpoints = world.ours(client);
        assert!(endpoints.text("endpoints").unwrap().ends_with(":6432"), "renewed at that time");
    }
}

#[test]
fn a_follower_replaces_a_stale_configuration() {
    let mut world = World::new("stale", 2);
    world.start();
    let path = world.container(1).path("lib/pgbouncer.ini");
    fs::remove_file(&path).unwrap();
    fs::write(&path, world.shared().text("cfg_file").unwrap().replace("session", "statement")).unwrap();
    world.run(&World::unit(1), relation(&world, "pgb-peers", RelationKind::Changed));
    assert_eq!(world.container(1).file("lib/pgbouncer.ini").as_deref(), world.shared().text("cfg_file"));
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
