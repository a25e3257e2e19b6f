//! Units that follow their leader, and leaders that come and go.

use std::fs;

use juju::{Event, RelationKind, Status};

use crate::support::{LEADER, World, created, pebble_ready, relation};

#[test]
fn peers_created_waits_for_the_configuration_and_then_for_the_backend() {
    let world = World::with_container("peers-created", 1);
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
fn followers_take_over_what_the_leader_changes_and_reload() {
    let mut world = World::new("followers", 3);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    let instances = || {
        let file = |number: u32| world.container(number).file("lib/instance_0/pgbouncer.ini").unwrap();
        (0..3).map(file).collect::<Vec<_>>()
    };
    assert!(instances().iter().all(|text| text.contains("\nshop = host=followers dbname=shop port=5432 ")));
    let auth = |number: u32| world.container(number).file("shm/userlist.txt").unwrap();
    assert!((1..3).all(|number| auth(number) == auth(0)));
    let reads = world.client_reads("web", client);
    let others =
        [1, 2].map(|number| format!("pgbouncer-k8s-{number}.pgbouncer-k8s-endpoints.test.svc.cluster.local:6432"));
    assert_eq!(reads.ready().unwrap().read_only_endpoints, others);
    let reloads = |number: u32| world.container(number).events(0).iter().filter(|event| *event == "reload").count();
    let before: Vec<_> = (0..3).map(reloads).collect();
    world.configure("pool_mode", "transaction");
    world.settle();
    assert!(instances().iter().all(|text| text.contains("pool_mode = transaction")));
    for number in 0..3 {
        world.container(number).wait_for(0, 1, before[number as usize] + 1);
        assert_eq!(world.status(number), Status::active(""));
    }
}
