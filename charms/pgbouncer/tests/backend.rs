//! The backend's relation.

use juju::{RelationKind, Status};

use crate::support::{LEADER, Server, World, created, pebble_ready, relation};

#[test]
fn the_backend_waits_for_the_services() {
    let mut world = World::with_container("backend-early", 1);
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
fn new_servers_of_the_backend_change_the_databases() {
    let mut world = World::new("servers", 1);
    world.start();
    let backend = world.add_backend();
    world.add_client("web", "shop");
    world.settle();
    assert!(world.shared().text("cfg_file").unwrap().contains("shop_readonly = host=servers dbname=shop"));
    world.answer_backend(backend, &["r2:5432", "r1:5432"]);
    world.settle();
    let document = world.shared().text("cfg_file").unwrap().to_owned();
    assert!(document.contains("shop_readonly = host=r1,r2 dbname=shop"), "{document}");
    assert_eq!(world.container(0).file("lib/pgbouncer.ini"), Some(document));
}

#[test]
fn a_backend_that_goes_and_comes_back_is_initialised_anew() {
    let mut world = World::new("backend-back", 2);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    world.model.borrow_mut().remove_relation(backend).unwrap();
    world.settle();
    for number in 0..2 {
        assert_eq!(world.status(number), Status::blocked("waiting for backend database relation to initialise"));
        assert_eq!(world.container(number).file("shm/userlist.txt"), None);
        let document = world.container(number).file("lib/pgbouncer.ini").unwrap();
        assert!(!document.contains("auth_query") && document.starts_with("[databases]\n\n"), "{document}");
    }
    world.add_backend();
    world.tick();
    assert!(world.container(1).file("lib/pgbouncer.ini").unwrap().contains("\nshop = "));
    assert!(world.ours(client).text("secret-user").is_some());
    assert_eq!([world.status(0), world.status(1)], [Status::active(""), Status::active("")]);
}

/// Two units with a client, whose backend moves to a server of the name `host` in the state that `before` makes. After
/// `then`, all units lead to the new server.
fn moves(host: &str, before: fn(&World), then: fn(&mut World)) {
    let mut world = World::in_process(&format!("{host}-old"), 2);
    world.start();
    let backend = world.add_backend();
    world.add_client("web", "shop");
    (0..2).for_each(|_| world.tick());
    let old = world.shared().text("cfg_file").unwrap().to_owned();
    let reloads = |world: &World, number: u32| world.container(number).fake().signals().len();
    Server::start(host, &world.killer);
    before(&world);
    let signals = reloads(&world, 1);
    assert!(world.answer_backend_at(host, backend, &[]));
    world.settle();
    then(&mut world);
    let expected = old.replace(&format!("host={host}-old "), &format!("host={host} "));
    assert_ne!(old, expected);
    for number in 0..2 {
        assert_eq!(world.container(number).file("lib/pgbouncer.ini").as_ref(), Some(&expected), "{host}: {number}");
        let instance = world.container(number).file("lib/instance_1/pgbouncer.ini").unwrap();
        assert!(instance.contains(&format!("shop = host={host} dbname=shop")), "{host}: {number}: {instance}");
    }
    assert_eq!(reloads(&world, 1), signals + 2, "{host}: each instance of the follower reloads once");
    world.tick();
    assert_eq!([world.status(0), world.status(1)], [Status::active(""), Status::active("")], "{host}");
    let blog = world.add_client("blog", "blog");
    (0..2).for_each(|_| world.tick());
    assert!(world.client_reads("blog", blog).ready().is_some(), "{host}");
    assert!(Server::with(host, |server| server.databases.contains("blog")), "{host}: made on the new server");
}

#[test]
fn a_primary_that_moves_is_followed_by_every_unit() {
    moves("moved", |_| {}, |_| {});
}

#[test]
fn a_primary_that_moves_while_the_leader_does_not_run_is_followed_later() {
    moves(
        "moved-inactive",
        |world| world.container(0).fake().stop(&["pgbouncer_0".to_owned()]).unwrap(),
        |world| {
            world.container(0).fake().start(&["pgbouncer_0".to_owned()]).unwrap();
            world.tick();
        },
    );
    moves(
        "moved-unplanned",
        |world| world.container(0).restart(),
        |world| {
            world.run(&World::unit(0), pebble_ready());
            world.settle();
        },
    );
}
