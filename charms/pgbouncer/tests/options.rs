//! The operator's options.

use juju::{Event, Status};

use crate::support::{LEADER, World};

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
    let world = World::with_container("config-early", 1);
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
