//! `start`, pebble-ready, and every order of the first events.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use juju::{Event, Status, StatusKind};

use crate::support::{APP, LEADER, World, pebble_ready};

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
    let world = World::with_container("start-leader", 1);
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
    let world = World::with_container("start-local", 1);
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
    let world = World::with_container("start-shared", 2);
    world.run(&World::unit(LEADER), Event::Start);
    world.run(&World::unit(1), Event::Start);
    let file = |number: u32| world.container(number).file("lib/pgbouncer.ini");
    assert_eq!(file(1), file(LEADER));
    assert_eq!(world.deferred(1), [""; 0]);
}

#[test]
fn start_of_another_unit_waits_for_the_leader() {
    let world = World::with_container("start-follower", 2);
    world.run(&World::unit(1), Event::Start);
    assert_eq!(world.status(1), Status::waiting("waiting for leader to generate configuration"));
    assert_eq!(world.deferred(1), ["start"]);
    assert_eq!(world.container(1).file("lib/pgbouncer.ini"), None);
}

#[test]
fn start_makes_folders_that_only_their_user_enters() {
    let world = World::with_container("start-folders", 1);
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
fn start_renews_databases_and_clients_if_there_is_a_backend() {
    let mut world = World::in_process("start-backend", 2);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    (0..2).for_each(|_| world.tick());
    let (ours, document) = (world.ours(client), world.shared().text("cfg_file").unwrap().to_owned());
    let signals = world.container(0).fake().signals().len();
    world.write_shared(&[("cfg_file", &document.replace("host=start-backend ", "host=outdated "))]);
    let outdated = [("endpoints", "outdated"), ("read-only-endpoints", "outdated")].into_iter().collect();
    world.model.borrow_mut().set_databag(client, &world.app(), &outdated).unwrap();
    world.run(&World::unit(1), Event::Start);
    assert_eq!(world.ours(client).text("endpoints"), Some("outdated"), "the leader's task");
    world.run(&World::unit(0), Event::Start);
    assert_eq!(world.ours(client), ours);
    assert_eq!(world.shared().text("cfg_file"), Some(document.as_str()));
    assert_eq!(world.container(0).file("lib/pgbouncer.ini").as_deref(), Some(document.as_str()));
    assert_eq!(world.container(0).fake().signals().len(), signals + 2, "the instances reload");
    // Without a backend there is nothing to renew.
    world.model.borrow_mut().remove_relation(backend).unwrap();
    world.settle();
    let document = world.shared().text("cfg_file").unwrap().to_owned();
    world.model.borrow_mut().set_databag(client, &world.app(), &outdated).unwrap();
    world.run(&World::unit(0), Event::Start);
    assert_eq!(world.shared().text("cfg_file"), Some(document.as_str()));
    assert_eq!(world.ours(client).text("endpoints"), Some("outdated"));
}

#[test]
fn start_with_invalid_options_is_blocked_until_they_are_valid() {
    let world = World::with_container("start-options", 1);
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
    let world = World::with_container("ready-first", 1);
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
    let world = World::with_container("ready", 1);
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
fn the_golden_path_ends_with_a_client_that_is_served() {
    let mut world = World::new("golden", 1);
    world.start();
    assert_eq!(world.status(0).message, "waiting for backend database relation to initialise");
    // config-changed came before start, and waits for the services by its chart.
    assert_eq!(world.deferred(0), ["peers-created", "config-changed"], "start and pebble-ready have not waited");
    world.add_backend();
    assert_eq!(world.status(0), Status::active(""), "{:#?}", world.log.borrow());
    let client = world.add_client("web", "shop");
    world.settle();
    world.tick();
    let read = world.client_reads("web", client);
    let database = read.ready().unwrap_or_else(|| panic!("{read:?} {:#?}", world.log.borrow()));
    assert_eq!(database.database, "shop");
    assert_eq!(database.endpoints, ["pgbouncer-k8s-0.pgbouncer-k8s-endpoints.test.svc.cluster.local:6432"]);
    assert_eq!(database.version.as_deref(), Some("15.4"));
    assert_eq!(world.deferred(0), [""; 0]);
}
