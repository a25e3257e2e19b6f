//! Leaders that come and go.

use juju::{Event, RelationId, Status};

use crate::support::{APP, Server, World, pebble_ready};

#[test]
fn the_time_without_a_leader_passes_without_an_error() {
    let mut world = World::new("no-leader", 3);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    let before = world.ours(client);
    // A unit that doesn't lead meets every event.
    for number in 1..3 {
        let unit = World::unit(number);
        for event in [Event::ConfigChanged, Event::UpdateStatus, Event::Start, Event::UpgradeCharm, pebble_ready()] {
            world.run(&unit, event);
        }
    }
    assert_eq!(world.ours(client), before);
    world.remove(0);
    world.settle();
    assert_eq!(world.all().len(), 2, "it has gone, and there is no leader");
    for number in 1..3 {
        let status = world.status(number);
        assert_eq!(status, Status::maintenance("Leader unit removed - waiting for leader_elected event"));
    }
    world.tick();
    world.configure("max_db_connections", 40);
    world.settle();
    assert_eq!(world.ours(client).text("read-only-endpoints"), before.text("read-only-endpoints"));
    world.elect_any();
    world.settle();
    assert!(world.log_lines("cannot") == 0, "{:#?}", world.log.borrow());
    assert!(world.container(2).file("lib/pgbouncer.ini").unwrap().contains("max_db_connections = 40"));
    let endpoints = world.ours(client);
    assert!(endpoints.text("endpoints").unwrap().starts_with("pgbouncer-k8s-1."), "{endpoints:?}");
    assert_eq!(world.shared().text("leader_hostname").map(|name| name.starts_with("pgbouncer-k8s-1.")), Some(true));
    assert_eq!(
        endpoints.text("read-only-endpoints"),
        Some("pgbouncer-k8s-2.pgbouncer-k8s-endpoints.test.svc.cluster.local:6432")
    );
    world.configure("pool_mode", "transaction");
    world.settle();
    assert!(world.container(2).file("lib/pgbouncer.ini").unwrap().contains("pool_mode = transaction"));
    assert_eq!([world.status(1), world.status(2)], [Status::active(""), Status::active("")]);
}

/// Three units with a backend and a client, and then no leader.
fn without_leader(host: &str) -> (World, RelationId, RelationId) {
    let mut world = World::in_process(host, 3);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    world.tick();
    world.remove(0);
    world.settle();
    assert_eq!(world.model.borrow().leader(APP).unwrap(), None);
    (world, backend, client)
}

#[test]
fn a_backend_that_goes_while_no_unit_leads_is_forgotten_by_the_next_leader() {
    let (world, backend, client) = without_leader("backend-gone");
    world.model.borrow_mut().remove_relation(backend).unwrap();
    world.settle();
    assert!(world.shared().text("cfg_file").unwrap().contains("auth_query"), "no unit may write it");
    world.elect_any();
    world.settle();
    let shared = world.shared().text("cfg_file").unwrap().to_owned();
    assert!(!shared.contains("auth_query") && shared.starts_with("[databases]\n\n"), "{shared}");
    for number in 1..3 {
        let container = world.container(number);
        assert_eq!(container.file("lib/pgbouncer.ini").as_deref(), Some(shared.as_str()), "{number}");
        assert_eq!(container.file("shm/userlist.txt"), None, "{number}");
        assert_eq!(world.status(number), Status::blocked("waiting for backend database relation to initialise"));
    }
    world.add_backend();
    world.tick();
    assert_eq!([world.status(1), world.status(2)], [Status::active(""), Status::active("")]);
    assert!(world.container(2).file("lib/pgbouncer.ini").unwrap().contains("\nshop = "));
    assert!(world.client_reads("web", client).ready().is_some());
}

#[test]
fn a_client_that_goes_while_no_unit_leads_loses_its_user_by_the_next_leader() {
    for (host, has_backend) in [("client-gone", true), ("both-gone", false)] {
        let (world, backend, client) = without_leader(host);
        let user = format!("relation_id_{client}");
        world.model.borrow_mut().remove_relation(client).unwrap();
        if !has_backend {
            world.model.borrow_mut().remove_relation(backend).unwrap();
        }
        world.settle();
        assert!(Server::with(host, |server| server.roles.contains(&user)), "{host}: no unit may drop it");
        world.elect_any();
        world.settle();
        if !has_backend {
            world.add_backend();
            world.tick();
        }
        assert!(!Server::with(host, |server| server.roles.contains(&user)), "{host}");
        assert_eq!(world.shared().text("pgb_dbs_config"), Some("{}"), "{host}");
        world.tick();
        for number in 1..3 {
            assert!(!world.container(number).file("lib/pgbouncer.ini").unwrap().contains("shop"), "{host}: {number}");
            assert_eq!(world.status(number), Status::active(""), "{host}: {number}");
        }
    }
}

/// Removes the leader of three units, whose last events come in the order that `pick` makes of those that are due.
fn leader_leaves(host: &str, pick: fn(Vec<Event>) -> Option<Event>) {
    let mut world = World::in_process(host, 3);
    world.start();
    let backend = world.add_backend();
    let client = world.add_client("web", "shop");
    world.tick();
    let (ours, document) = (world.ours(client), world.shared().text("cfg_file").map(str::to_owned));
    let auth_file = world.own_secret("auth-file");
    let unit = World::unit(0);
    world.remove(0);
    let next = || pick(world.model.borrow().due_events(&unit));
    let mut is_first = true;
    while let Some(event) = next() {
        let outdated = [("endpoints", "outdated"), ("read-only-endpoints", "outdated")].into_iter().collect();
        world.model.borrow_mut().set_databag(client, &world.app(), &outdated).unwrap();
        world.run(&unit, event.clone());
        if std::mem::take(&mut is_first) {
            for flag in [format!("backend-database_{backend}_departing"), format!("database_{client}_departing")] {
                assert_eq!(world.told(0).text(&flag), Some("true"), "{flag} after {event:?}");
            }
            assert_eq!(world.ours(client), ours, "renewed, with the units that stay, after {event:?}");
        }
        world.model.borrow_mut().set_databag(client, &world.app(), &ours).unwrap();
    }
    assert_eq!(world.all().len(), 2);
    assert!(world.container(0).file("shm/userlist.txt").is_some(), "its clients work until its end");
    world.settle();
    assert_eq!(world.shared().text("cfg_file"), document.as_deref(), "the others stay related");
    world.elect_any();
    assert_eq!(world.own_secret("auth-file"), auth_file);
    world.settle();
    world.tick();
    assert_eq!([world.status(1), world.status(2)], [Status::active(""), Status::active("")]);
    assert!(world.ours(client).text("endpoints").unwrap().starts_with("pgbouncer-k8s-1."));
}

#[test]
fn a_leader_that_is_removed_notes_it_for_every_relation_in_its_first_event() {
    leader_leaves("leaver-first", |due| due.into_iter().next());
    leader_leaves("leaver-last", |due| due.into_iter().next_back());
}

/// Three units with a backend and a client; the leader goes after `steps` hooks. False if all had run before.
fn leader_goes_after(host: &str, steps: usize) -> bool {
    let mut world = World::new(&format!("{host}-{steps}"), 3);
    let backend = world.relate_backend();
    let client = world.add_client("web", "shop");
    for unit in world.all() {
        world.start_container(&unit);
    }
    let mut ran = 0;
    let mut is_quiet = false;
    while ran < steps && !is_quiet {
        let before = ran;
        for unit in world.all() {
            if ran < steps && world.step(&unit).is_some() {
                ran += 1;
            }
        }
        is_quiet = ran == before;
        world.answer_backend(backend, &[]);
    }
    world.remove(0);
    world.settle();
    world.elect_any();
    for _ in 0..3 {
        world.settle();
        world.answer_backend(backend, &[]);
    }
    (0..3).for_each(|_| world.tick());
    let statuses: Vec<_> = world.all().iter().map(|unit| world.status(unit.number())).collect();
    assert_eq!(statuses, [Status::active(""), Status::active("")], "after {steps}: {:#?}", world.log.borrow());
    let ours = world.ours(client);
    assert!(ours.text("endpoints").unwrap().starts_with("pgbouncer-k8s-1."), "after {steps}: {ours:?}");
    assert!(world.client_reads("web", client).ready().is_some(), "after {steps}");
    let document = |number: u32| world.container(number).file("lib/pgbouncer.ini").unwrap();
    assert_eq!(document(1), document(2), "after {steps}");
    assert!(document(1).contains("\nshop = "), "after {steps}");
    !is_quiet
}

/// Takes the leader away at each `stride`th step of all three units in turn; past the last, the start is over.
fn leader_goes_at_steps(host: &str, stride: usize) {
    let goes_on = |first: usize| {
        std::thread::scope(|scope| {
            let steps = (0..6).map(|number| first + number * stride);
            let runs: Vec<_> = steps.map(|steps| scope.spawn(move || leader_goes_after(host, steps))).collect();
            runs.into_iter().all(|run| run.join().unwrap())
        })
    };
    assert!((1..120).step_by(6 * stride).any(|first| !goes_on(first)), "the start comes to an end");
}

#[test]
fn a_leader_that_goes_at_any_step_of_the_start_is_replaced() {
    leader_goes_at_steps("leader-some", 7);
}

#[test]
#[ignore = "long: a start of three units for each step"]
fn a_leader_that_goes_at_every_step_of_the_start_is_replaced() {
    leader_goes_at_steps("leader-every", 1);
}

#[test]
fn a_lease_that_moves_takes_the_endpoints_along_and_back() {
    let mut world = World::new("lease", 2);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    let before = world.ours(client);
    for (number, leader) in [(1, "pgbouncer-k8s-1."), (0, "pgbouncer-k8s-0.")] {
        world.elect(number);
        world.settle();
        assert!(world.ours(client).text("endpoints").unwrap().starts_with(leader));
        assert!(world.shared().text("leader_hostname").unwrap().starts_with(leader));
        let user = world.client_reads("web", client).ready().unwrap().username.clone();
        assert_eq!(user.unwrap().expose(), format!("relation_id_{client}"), "the same user");
    }
    world.tick();
    assert_eq!(world.ours(client), before);
}

#[test]
fn a_new_leader_serves_a_client_that_asked_the_last_one() {
    let mut world = World::new("heir", 2);
    world.start();
    world.add_backend();
    // The leader goes before it hears of the client.
    let client = world.add_client("web", "shop");
    while world.step(&World::unit(1)).is_some() {}
    world.remove(0);
    world.settle();
    world.elect_any();
    world.settle();
    assert!(world.ours(client).text("endpoints").unwrap().starts_with("pgbouncer-k8s-1."), "{:#?}", world.log.borrow());
    assert!(world.client_reads("web", client).ready().is_some());
}

#[test]
fn the_last_unit_takes_the_look_up_of_passwords_out_of_every_database() {
    let mut world = World::in_process("last-unit", 1);
    world.start();
    world.add_backend();
    world.add_client("web", "shop");
    world.tick();
    assert!(Server::with("last-unit", |server| server.roles.contains("pgbouncer_auth_relation_8")));
    // Its peer relation ends first.
    world.remove(0);
    world.settle();
    Server::with("last-unit", |server| {
        let dropped = server.statements.iter().filter(|(_, text)| text.starts_with("DROP SCHEMA"));
        let dropped: Vec<_> = dropped.map(|(database, _)| database.as_str()).collect();
        assert_eq!(dropped, ["pgbouncer", "postgres", "shop"]);
        assert!(!server.roles.contains("pgbouncer_auth_relation_8"));
    });
}
