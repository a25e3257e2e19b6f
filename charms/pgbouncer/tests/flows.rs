//! Flows over several hooks and units.

use juju::{Databag, Event, RelationEvent, RelationId, RelationKind, Status};

use crate::support::{APP, Server, World, pebble_ready};

fn created(endpoint: &str, app: &str, id: RelationId) -> Event {
    Event::Relation(RelationEvent {
        kind: RelationKind::Created,
        endpoint: endpoint.to_owned(),
        id,
        app: Some(app.to_owned()),
        unit: None,
        departing: None,
    })
}

/// What an operator and the clients see in the end.
fn outcome(world: &World, client: RelationId) -> (Vec<Status>, Databag, Option<String>) {
    let statuses = world.all().iter().map(|unit| world.status(unit.number())).collect();
    let mut ours = world.ours(client);
    // The only texts that differ from run to run.
    ours.retain(|key, _| !key.starts_with("secret-"));
    (statuses, ours, world.shared().text("cfg_file").map(str::to_owned))
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

/// All orders of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let longer = |order: Vec<usize>| {
        (0..=order.len()).map(move |at| {
            let mut longer = order.clone();
            longer.insert(at, last);
            longer
        })
    };
    orders(last).into_iter().flat_map(longer).collect()
}

#[test]
fn every_order_of_the_first_events_ends_in_the_same_state() {
    let run = |order: &[usize]| {
        let name: String = order.iter().map(ToString::to_string).collect();
        let mut world = World::new(&format!("order-{name}"), 1);
        let unit = World::unit(0);
        world.containers.get_mut(&unit).unwrap().start();
        let backend = world.relate_backend();
        let client = world.add_client("web", "shop");
        for step in order {
            let event = match step {
                0 => created("pgb-peers", APP, world.peers()),
                1 => created("backend-database", "postgresql-k8s", backend),
                2 => created("database", "web", client),
                _ => Event::Start,
            };
            world.run(&unit, event);
        }
        world.run(&unit, pebble_ready());
        world.settle();
        assert!(world.answer_backend(backend, &[]), "{order:?}");
        world.settle();
        // Each event releases the first of those that wait for each other.
        (0..3).for_each(|_| world.tick());
        assert_eq!(world.deferred(0), [""; 0], "{order:?}");
        let (statuses, ours, document) = outcome(&world, client);
        (statuses, ours, world.neutral(&document.unwrap()))
    };
    let orders = orders(4);
    assert_eq!(orders.len(), 24);
    let expected = run(&orders[0]);
    assert_eq!(expected.0, [Status::active("")]);
    assert!(expected.1.text("endpoints").unwrap().ends_with(":6432"));
    for some in orders[1..].chunks(6) {
        std::thread::scope(|scope| {
            let runs: Vec<_> = some.iter().map(|order| (order, scope.spawn(|| run(order)))).collect();
            for (order, run) in runs {
                assert_eq!(run.join().unwrap(), expected, "{order:?}");
            }
        });
    }
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

#[test]
fn a_client_of_version_1_gets_the_same_in_its_own_form() {
    let mut world = World::new("version-1", 1);
    world.start();
    world.add_backend();
    let model = &world.model;
    let id = model.borrow_mut().integrate(&format!("{APP}:database"), "web").unwrap();
    let request = r#"[{"resource": "shop", "request-id": "d0c3", "salt": "xq", "extra-user-roles": "createdb"}]"#;
    world.write("web", "db", id, &[("version", "v1"), ("requests", request)]);
    world.settle();
    let ours = world.ours(id);
    let responses: serde_json::Value = serde_json::from_str(ours.text("requests").unwrap()).unwrap();
    let response = &responses[0];
    assert_eq!((response["request-id"].as_str(), response["resource"].as_str()), (Some("d0c3"), Some("shop")));
    assert!(response["endpoints"].as_str().unwrap().ends_with(":6432"), "{response}");
    let secret = response["secret-user"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.model.borrow().secret_readers(&secret).unwrap(), ["web"]);
    assert!(Server::with("version-1", |server| {
        server.statements.iter().any(|(_, text)| *text == format!("ALTER ROLE \"relation_id_{id}\" CREATEDB"))
    }));
    world.tick();
    assert_eq!(world.ours(id), ours, "not another password");
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
fn ten_update_statuses_change_nothing() {
    let mut world = World::new("idle", 2);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    world.tick();
    let (before, events) = (outcome(&world, client), world.container(0).events(0));
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
    assert_eq!(outcome(&world, client), before);
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
    assert_eq!(counts, [7, 19, 13], "state-get, is-leader, config-get, relations and their databags, secrets, status");
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
    Server::with("refusing", |server| (server.is_away, server.refuses) = (false, Some("get_auth")));
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
fn a_client_that_could_not_be_made_is_made_later() {
    let mut world = World::new("client-refused", 1);
    world.start();
    world.add_backend();
    Server::with("client-refused", |server| server.refuses = Some("CREATE DATABASE"));
    let client = world.add_client("web", "shop");
    world.settle();
    assert_eq!(world.status(0), Status::blocked("Failed to initialize database relation"));
    Server::with("client-refused", |server| server.refuses = None);
    world.tick();
    assert!(world.ours(client).text("secret-user").is_some());
    assert_eq!(world.status(0), Status::active(""));
}

#[test]
fn a_client_that_could_not_be_dropped_is_dropped_later() {
    let mut world = World::new("client-stays", 1);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    world.settle();
    let user = format!("relation_id_{client}");
    Server::with("client-stays", |server| server.refuses = Some("DROP ROLE"));
    world.model.borrow_mut().remove_relation(client).unwrap();
    world.settle();
    assert_eq!(world.status(0), Status::blocked("Failed to delete user during database relation broken event"));
    assert!(Server::with("client-stays", |server| server.roles.contains(&user)));
    Server::with("client-stays", |server| server.refuses = None);
    world.tick();
    world.tick();
    assert!(!Server::with("client-stays", |server| server.roles.contains(&user)));
    assert!(Server::with("client-stays", |server| server.databases.contains("shop")), "the database stays");
    assert!(!world.shared().text("cfg_file").unwrap().contains("shop"));
    assert_eq!(world.status(0), Status::active(""));
}

#[test]
fn a_second_client_of_a_database_keeps_it_when_the_first_goes() {
    let mut world = World::new("shared-database", 1);
    world.start();
    world.add_backend();
    let (first, second) = (world.add_client("web", "shop"), world.add_client("blog", "shop"));
    world.settle();
    world.model.borrow_mut().remove_relation(first).unwrap();
    world.settle();
    assert!(world.shared().text("cfg_file").unwrap().contains("\nshop = "));
    let dropped = |text: &str| {
        Server::with("shared-database", |server| {
            server.statements.iter().any(|(_, statement)| statement.starts_with(text))
        })
    };
    assert!(!dropped("DROP SCHEMA"));
    world.model.borrow_mut().remove_relation(second).unwrap();
    world.settle();
    assert!(dropped("DROP SCHEMA") && !world.shared().text("cfg_file").unwrap().contains("\nshop = "));
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

/// Three units with a backend and a client; the leader goes after `steps` hooks. False if all had run before.
fn leader_goes_after(steps: usize) -> bool {
    let mut world = World::new(&format!("leader-{steps}"), 3);
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

#[test]
fn a_leader_that_goes_at_any_step_of_the_start_is_replaced() {
    // Steps of all three units in turn; past the last, the start is over.
    let goes_on = |first: usize| {
        std::thread::scope(|scope| {
            let runs: Vec<_> = (first..first + 6).map(|steps| scope.spawn(move || leader_goes_after(steps))).collect();
            runs.into_iter().all(|run| run.join().unwrap())
        })
    };
    assert!((1..120).step_by(6).any(|first| !goes_on(first)), "the start comes to an end");
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
    crate::support::container::until("a reload", || world.container(0).events(0).len() > before.len());
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
fn a_certificate_turns_tls_on_and_its_end_turns_it_off() {
    let mut world = World::new("certificates", 1);
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    let authority = world.relate_authority();
    world.settle();
    let reloads = || world.container(0).events(0).iter().filter(|event| *event == "reload").count();
    let before = reloads();
    let issue = |request: &str| interfaces::certificates::Certificate {
        certificate: format!("certificate for {}", request.len()),
        ca: "authority".to_owned(),
        chain: Vec::new(),
    };
    world.certify(authority, issue);
    world.settle();
    let instance = || world.container(0).file("lib/instance_0/pgbouncer.ini").unwrap();
    assert!(instance().contains("client_tls_sslmode = prefer"), "{:#?}", world.log.borrow());
    assert_eq!(world.container(0).file("lib/ca.pem").as_deref(), Some("authority"));
    world.container(0).wait_for(0, 1, before + 1);
    let secret = world.ours(client).text("secret-tls").unwrap().to_owned();
    world.certify(authority, issue);
    world.settle();
    assert_eq!(reloads(), before + 1, "the same certificate changes nothing");
    world.model.borrow_mut().remove_relation(authority).unwrap();
    world.settle();
    assert!(!instance().contains("client_tls") && world.container(0).file("lib/key.pem").is_none());
    assert_eq!(world.ours(client).text("secret-tls"), Some(secret.as_str()));
    world.container(0).wait_for(0, 1, before + 2);
}
