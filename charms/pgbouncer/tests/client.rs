//! The clients' relations, and certificates.

use juju::Status;

use crate::support::{APP, LEADER, Server, World, departed};

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
fn a_client_that_could_not_be_made_is_made_later() {
    let mut world = World::new("client-refused", 1);
    world.start();
    world.add_backend();
    Server::with("client-refused", |server| server.refuses = Some("CREATE DATABASE".to_owned()));
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
    Server::with("client-stays", |server| server.refuses = Some("DROP ROLE".to_owned()));
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
