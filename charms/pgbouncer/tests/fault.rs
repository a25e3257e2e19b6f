//! Faults around the charm: no hook fails, and the unit recovers with its surroundings.

use std::fs;

use juju::{Event, Status, StatusKind};

use crate::support::container::until;
use crate::support::{LEADER, Server, World, pebble_ready};

#[test]
fn a_pgbouncer_that_does_not_start_is_told_and_no_error() {
    let world = World::with_container("ready-broken", 1);
    world.container(LEADER).break_program(true);
    world.run(&World::unit(LEADER), Event::Start);
    world.run(&World::unit(LEADER), pebble_ready());
    assert_eq!(world.told(LEADER).text("container_initialised"), None);
    assert_eq!(world.status(LEADER).kind, StatusKind::Blocked, "the backend comes first");
    assert_eq!(world.log_lines("cannot"), 1, "{:#?}", world.log.borrow());
}

#[test]
fn pebble_ready_names_an_instance_that_does_not_start() {
    let mut world = World::new("ready-served", 1);
    world.start();
    world.add_backend();
    let unit = World::unit(LEADER);
    let container = world.containers.get_mut(&unit).unwrap();
    container.kill();
    container.break_program(true);
    container.start();
    world.run(&unit, pebble_ready());
    let status = world.status(LEADER);
    let expected = "PgBouncer service pgbouncer_0 not running: service status = ";
    assert!(status.kind == StatusKind::Waiting && status.message.starts_with(expected), "{status:?}");
    assert!(!world.deferred(LEADER).contains(&"pebble-ready".to_owned()), "it is planned");
    world.container(LEADER).break_program(false);
    world.run(&unit, pebble_ready());
    assert_eq!(world.status(LEADER), Status::active(""));
}

#[test]
fn a_pebble_that_begins_anew_under_pebble_ready_is_waited_for() {
    let mut world = World::in_process("ready-anew", 1);
    world.start();
    world.add_backend();
    (0..3).for_each(|_| world.tick());
    let unit = World::unit(LEADER);
    // After the instances were started, and before they are verified.
    world.container(LEADER).restart_once(|steps| {
        let has_layer = steps.iter().any(|step| step == "POST /v1/layers");
        has_layer && steps.last().is_some_and(|step| step.starts_with("GET /v1/services"))
    });
    world.run(&unit, pebble_ready());
    assert!(world.container(LEADER).fake().plan().services.is_empty());
    assert_eq!(world.status(LEADER), Status::waiting("pgbouncer not running"));
    assert_eq!(world.deferred(LEADER), ["pebble-ready"]);
    world.tick();
    assert_eq!(world.status(LEADER), Status::active(""));
    assert_eq!(world.deferred(LEADER), [""; 0]);
}

#[test]
fn a_backend_that_refuses_is_tried_again_until_it_does_not() {
    let mut world = World::new("refusing", 1);
    world.start();
    let backend = world.relate_backend();
    world.settle();
    Server::with("refusing", |server| server.is_away = true);
    world.answer_backend(backend, &[]);
    world.settle();
    assert_eq!(world.status(0), Status::maintenance("Initialising backend-database relation"));
    assert!(world.deferred(0).contains(&"backend-changed".to_owned()));
    Server::with("refusing", |server| (server.is_away, server.refuses) = (false, Some("get_auth".to_owned())));
    world.tick();
    assert_eq!(world.status(0), Status::blocked("backend database relation not ready"));
    assert_eq!(world.shared().text("auth_file"), None);
    Server::with("refusing", |server| server.refuses = None);
    world.tick();
    world.tick();
    assert_eq!(world.status(0), Status::active(""));
    assert_eq!(world.deferred(0), [""; 0]);
}

#[test]
fn a_hook_that_is_killed_after_its_files_were_written_reloads_the_next_time() {
    let mut world = World::new("killed", 1);
    world.start();
    world.configure("pool_mode", "transaction");
    world.container(0).pebble().stop(&["pgbouncer_0", "pgbouncer_1"], std::time::Duration::from_secs(60)).unwrap();
    world.dispatch(&World::unit(0), Event::ConfigChanged, false);
    assert!(world.container(0).file("lib/pgbouncer.ini").unwrap().contains("pool_mode = transaction"));
    assert!(world.shared().text("cfg_file").unwrap().contains("pool_mode = session"), "dropped with the hook");
    let before = world.container(0).events(0);
    world.run(&World::unit(0), Event::ConfigChanged);
    assert!(world.shared().text("cfg_file").unwrap().contains("pool_mode = transaction"));
    until("a reload", || world.container(0).events(0).len() > before.len());
}

#[test]
fn a_pod_that_dies_comes_back_with_all_files() {
    let mut world = World::new("pod-dies", 2);
    world.start();
    world.add_backend();
    world.add_client("web", "shop");
    world.settle();
    let file = |world: &World, path: &str| world.container(1).file(path);
    let before = [file(&world, "lib/instance_1/pgbouncer.ini"), file(&world, "shm/userlist.txt")];
    let unit = World::unit(1);
    world.containers.get_mut(&unit).unwrap().kill();
    world.run(&unit, Event::UpdateStatus);
    assert_eq!(file(&world, "lib/pgbouncer.ini"), None);
    world.start_container(&unit);
    world.settle();
    world.tick();
    assert_eq!([file(&world, "lib/instance_1/pgbouncer.ini"), file(&world, "shm/userlist.txt")], before);
    assert_eq!(world.status(1), Status::active(""));
}

#[test]
fn garbage_in_databags_is_no_error() {
    let mut world = World::new("garbage", 2);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    let garbage =
        ["\u{0}", "[", "{\"a\": 1}", "secret:", "secret:cjqub6vubg2s77p3nio0", "a:b:c", "99999999999999999999"];
    for text in garbage {
        for key in ["cfg_file", "auth_file", "pgb_dbs_config", "current_port", "leader_hostname"] {
            world.write_shared(&[(key, text)]);
            world.tick();
        }
        for key in ["endpoints", "secret-user", "username", "read-only-endpoints", "data"] {
            world.write("postgresql-k8s", "database", backend, &[(key, text)]);
            world.settle();
        }
        for key in ["database", "requested-secrets", "extra-user-roles", "data"] {
            world.write("web", "db", client, &[(key, text)]);
            world.settle();
        }
        world.tick();
    }
}

#[test]
fn a_secret_of_the_backend_that_is_not_granted_is_waited_for() {
    let mut world = World::in_process("not-granted", 2);
    world.start();
    let backend = world.relate_backend();
    world.settle();
    let secret = world.ungranted_secret();
    world.write("postgresql-k8s", "database", backend, &[("endpoints", "not-granted:5432"), ("secret-user", &secret)]);
    world.tick();
    assert_eq!(
        world.status(0),
        Status::maintenance("Initialising backend-database relation"),
        "the leader waits for it"
    );
    assert_eq!(world.status(1), Status::blocked("waiting for backend database relation to initialise"));
    assert!(world.deferred(0).contains(&"backend-changed".to_owned()));
    assert!(Server::with("not-granted", |server| server.statements.is_empty()));
    world.write("postgresql-k8s", "database", backend, &[("secret-user", "")]);
    assert!(world.answer_backend(backend, &[]));
    (0..3).for_each(|_| world.tick());
    assert_eq!([world.status(0), world.status(1)], [Status::active(""), Status::active("")]);
    assert_eq!(world.deferred(0), [""; 0]);
}

/// The whole life of a backend and a client; both end.
fn live(world: &World) {
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    (0..2).for_each(|_| world.tick());
    world.model.borrow_mut().remove_relation(client).unwrap();
    world.tick();
    world.model.borrow_mut().remove_relation(backend).unwrap();
    world.tick();
}

#[test]
fn a_statement_that_the_backend_refuses_fails_no_hook() {
    let kinds: std::collections::BTreeSet<String> = {
        let mut world = World::in_process("statements", 1);
        world.start();
        live(&world);
        let first = |text: &str| text.split(' ').take(2).collect::<Vec<_>>().join(" ");
        Server::with("statements", |server| server.statements.iter().map(|(_, text)| first(text)).collect())
    };
    assert!(kinds.len() > 8, "{kinds:?}");
    for (number, kind) in kinds.into_iter().enumerate() {
        let host = format!("refused-{number}");
        let mut world = World::in_process(&host, 1);
        world.start();
        Server::with(&host, |server| server.refuses = Some(kind.clone()));
        live(&world);
        Server::with(&host, |server| server.refuses = None);
        world.add_backend();
        let client = world.add_client("blog", "blog");
        (0..3).for_each(|_| world.tick());
        assert_eq!(world.status(0), Status::active(""), "{kind}: {:#?}", world.log.borrow());
        assert!(world.client_reads("blog", client).ready().is_some(), "{kind}");
    }
}

#[test]
fn a_backend_that_is_away_fails_no_hook_of_any_event() {
    let mut world = World::in_process("away", 2);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    world.tick();
    let before = world.outcome(client);
    Server::with("away", |server| server.is_away = true);
    let events = [Event::Start, Event::ConfigChanged, Event::UpgradeCharm, Event::LeaderElected, pebble_ready()];
    for unit in world.all() {
        for event in events.clone() {
            world.run(&unit, event);
        }
    }
    let blog = world.add_client("blog", "blog");
    world.configure("pool_mode", "transaction");
    world.elect(1);
    world.tick();
    assert_eq!(world.status(1), Status::waiting("waiting for backend-database relation to connect"));
    assert!(world.container(0).file("lib/pgbouncer.ini").unwrap().contains("pool_mode = transaction"));
    world.model.borrow_mut().remove_relation(blog).unwrap();
    world.configure("pool_mode", "session");
    world.elect(0);
    world.settle();
    Server::with("away", |server| server.is_away = false);
    (0..3).for_each(|_| world.tick());
    assert_eq!(world.outcome(client), before);
    // At its end it is away as well.
    Server::with("away", |server| server.is_away = true);
    world.model.borrow_mut().remove_relation(backend).unwrap();
    world.tick();
    assert_eq!(world.status(0), Status::blocked("waiting for backend database relation to initialise"));
}

#[test]
fn a_container_that_takes_no_file_is_told_and_tried_again() {
    let mut world = World::in_process("no-files", 1);
    let folder = world.container(0).path("lib");
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    world.start();
    let status = world.status(0);
    assert!(status.kind == StatusKind::Waiting, "{status:?}");
    assert!(world.log_lines("cannot use the container") > 0, "{:#?}", world.log.borrow());
    assert!(world.deferred(0).contains(&"start".to_owned()));
    fs::remove_file(&folder).unwrap();
    (0..3).for_each(|_| world.tick());
    assert_eq!(world.status(0), Status::blocked("waiting for backend database relation to initialise"));
    assert!(world.container(0).file("lib/instance_0/pgbouncer.ini").is_some());
}

#[test]
fn a_pod_that_dies_comes_back_with_its_files_of_tls() {
    let mut world = World::new("pod-tls", 1);
    world.start();
    world.add_backend();
    world.add_certificate();
    world.settle();
    let unit = World::unit(0);
    let container = world.containers.get_mut(&unit).unwrap();
    container.kill();
    // An image without the folder of the configuration.
    fs::remove_dir(container.path("lib")).unwrap();
    world.start_container(&unit);
    world.settle();
    world.tick();
    assert_eq!(world.container(0).file("lib/ca.pem").as_deref(), Some("authority"));
    assert_eq!(world.status(0), Status::active(""), "{:#?}", world.log.borrow());
}
