//! Handlers that wait: nothing follows the step at which they do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use juju::{Event, RelationId, Status, StatusKind};

use crate::support::container::Container;
use crate::support::{Server, World, changed, created, pebble_ready, secret_changed};

/// A handler in a state in which it waits.
struct Case {
    /// Name of the world's server.
    name: &'static str,
    units: u32,
    /// Makes the state. Returns the number of the unit, and its event.
    given: fn(&mut World) -> (u32, Event),
    /// Name of the handler.
    waits: &'static str,
    /// Beginning of the status; `None` if it stays.
    says: Option<(StatusKind, &'static str)>,
    /// Keys of databags that steps before this one write.
    writes: &'static [&'static str],
    /// True if a step before this one writes files.
    has_files: bool,
}

impl Case {
    fn new(name: &'static str, waits: &'static str, given: fn(&mut World) -> (u32, Event)) -> Self {
        Self { name, units: 1, given, waits, says: None, writes: &[], has_files: false }
    }

    fn units(self, units: u32) -> Self {
        Self { units, ..self }
    }

    fn says(self, kind: StatusKind, message: &'static str) -> Self {
        Self { says: Some((kind, message)), ..self }
    }

    fn writes(self, writes: &'static [&'static str]) -> Self {
        Self { writes, ..self }
    }

    fn has_files(self) -> Self {
        Self { has_files: true, ..self }
    }

    fn check(&self) {
        let Self { name, .. } = self;
        let mut world = World::in_process(name, self.units);
        let (number, event) = (self.given)(&mut world);
        let before = Traces::of(&world, number);
        let finished = world.run(&World::unit(number), event);
        let after = Traces::of(&world, number);
        assert_eq!(world.deferred(number).last().map(String::as_str), Some(self.waits), "{name}");
        match self.says {
            Some((kind, message)) => {
                let status = &after.status;
                assert!(status.kind == kind && status.message.starts_with(message), "{name}: {status:?}");
            }
            None => assert_eq!(after.status, before.status, "{name}"),
        }
        assert_eq!(before.keys_that_differ(&after), self.writes.iter().copied().collect(), "{name}");
        if self.writes.is_empty() {
            assert_eq!(finished.counts().get("relation-set"), None, "{name}");
        }
        assert_eq!(before.files != after.files, self.has_files, "{name}: {:?} {:?}", before.files, after.files);
        assert_eq!(before.process_changes, after.process_changes, "{name}");
    }
}

/// What a hook leaves behind.
struct Traces {
    status: Status,
    /// Texts of the application's databags and the unit's own in all relations.
    databags: BTreeMap<(u32, String), String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// Number of starts and signals.
    process_changes: usize,
}

impl Traces {
    fn of(world: &World, number: u32) -> Self {
        let container = world.container(number);
        let mut files = BTreeMap::new();
        ["lib", "shm"].iter().for_each(|folder| read_all(&container.path(folder), &mut files));
        Self {
            status: world.status(number),
            databags: databags(world, number),
            files,
            process_changes: container.process_changes(),
        }
    }

    fn keys_that_differ<'t>(&'t self, other: &'t Self) -> BTreeSet<&'t str> {
        let keys = self.databags.keys().chain(other.databags.keys());
        keys.filter(|key| self.databags.get(*key) != other.databags.get(*key)).map(|(_, key)| key.as_str()).collect()
    }
}

fn databags(world: &World, number: u32) -> BTreeMap<(u32, String), String> {
    let model = world.model.borrow();
    let mut all = BTreeMap::new();
    for relation in model.relations() {
        for owner in [world.app(), juju::Entity::Unit(World::unit(number))] {
            let bag = model.databag(relation.id, &owner).into_iter().flatten();
            // Juju's own have addresses of its own.
            all.extend(
                bag.filter(|(_, text)| !text.starts_with("10.")).map(|(key, text)| ((relation.id.0, key), text)),
            );
        }
    }
    all
}

fn read_all(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

/// Starts the containers, without a hook.
fn contained(world: &mut World) {
    world.containers.values_mut().for_each(Container::start);
}

/// Containers with a configuration; pebble-ready has not run.
fn configured(world: &mut World) {
    contained(world);
    world.all().iter().for_each(|unit| drop(world.run(unit, Event::Start)));
}

/// Units with a backend and a client, and no handler that waits.
fn served(world: &mut World) -> RelationId {
    world.start();
    world.add_backend();
    let client = world.add_client("web", "shop");
    (0..3).for_each(|_| world.tick());
    world.all().iter().for_each(|unit| assert_eq!(world.deferred(unit.number()), [""; 0], "{unit}"));
    client
}

fn kill(world: &mut World, number: u32) {
    world.containers.get_mut(&World::unit(number)).unwrap().kill();
}

/// The leader publishes another configuration.
fn new_configuration(world: &World) {
    world.configure("pool_mode", "transaction");
    world.run(&World::unit(0), Event::ConfigChanged);
}

/// A certificate has come; the client's databag shows if it is renewed.
fn certified(world: &mut World) {
    let client = served(world);
    world.add_certificate();
    let outdated = [("endpoints", "outdated")].into_iter().collect();
    world.model.borrow_mut().set_databag(client, &world.app(), &outdated).unwrap();
}

const NEW_LEADER: &[&str] = &["endpoints", "leader_hostname", "read-only-endpoints"];

fn of_the_unit() -> Vec<Case> {
    vec![
        Case::new("start-no-container", "start", |_| (0, Event::Start))
            .says(StatusKind::Waiting, "waiting for pgbouncer container"),
        Case::new("start-no-leader", "start", |world| {
            contained(world);
            (1, Event::Start)
        })
        .units(2)
        .says(StatusKind::Waiting, "waiting for leader to generate configuration"),
        Case::new("start-invalid", "start", |world| {
            contained(world);
            world.configure("pool_mode", "fast");
            (0, Event::Start)
        })
        .says(StatusKind::Blocked, "invalid config: pool_mode"),
        Case::new("upgrade-no-container", "upgrade-charm", |_| (0, Event::UpgradeCharm))
            .says(StatusKind::Waiting, "waiting for pgbouncer container"),
        Case::new("ready-unconfigured", "pebble-ready", |world| {
            contained(world);
            (0, pebble_ready())
        })
        .says(StatusKind::Waiting, "Unable to read config, error: "),
        Case::new("config-unconfigured", "config-changed", |world| {
            contained(world);
            (0, Event::ConfigChanged)
        })
        .says(StatusKind::Waiting, "Unable to read config, error: "),
        Case::new("config-no-container", "config-changed", |world| {
            served(world);
            world.configure("pool_mode", "transaction");
            kill(world, 0);
            (0, Event::ConfigChanged)
        })
        .says(StatusKind::Waiting, "PgBouncer container currently unavailable"),
        Case::new("config-unplanned", "config-changed", |world| {
            configured(world);
            world.configure("pool_mode", "transaction");
            (0, Event::ConfigChanged)
        })
        .writes(&["cfg_file"])
        .has_files(),
    ]
}

fn of_a_new_leader() -> Vec<Case> {
    vec![
        Case::new("elected-no-container", "leader-elected", |world| {
            served(world);
            kill(world, 1);
            world.elect(1);
            (1, Event::LeaderElected)
        })
        .units(2)
        .writes(NEW_LEADER),
        Case::new("elected-unplanned", "leader-elected", |world| {
            served(world);
            world.container(1).restart();
            world.elect(1);
            world.configure("pool_mode", "transaction");
            (1, Event::LeaderElected)
        })
        .units(2)
        .writes(&["cfg_file", "endpoints", "leader_hostname", "read-only-endpoints"])
        .has_files(),
        Case::new("elected-backend-away", "leader-elected", |world| {
            world.start();
            let backend = world.relate_backend();
            world.settle();
            Server::with("elected-backend-away", |server| server.is_away = true);
            world.answer_backend(backend, &[]);
            world.add_client("web", "shop");
            world.elect(1);
            (1, Event::LeaderElected)
        })
        .units(2)
        .says(StatusKind::Maintenance, "Initialising backend-database relation")
        .writes(&["data", "leader_hostname"]),
    ]
}

fn of_the_peers() -> Vec<Case> {
    vec![
        Case::new("created-no-container", "peers-created", |world| (0, created(world, "pgb-peers")))
            .writes(&["private-address"]),
        Case::new("created-unconfigured", "peers-created", |world| {
            contained(world);
            (0, created(world, "pgb-peers"))
        })
        .writes(&["private-address"]),
        Case::new("created-no-backend", "peers-created", |world| {
            configured(world);
            (0, created(world, "pgb-peers"))
        })
        .writes(&["private-address"]),
        Case::new("peers-unconfigured", "peers-changed", |world| {
            contained(world);
            (0, changed(world, "pgb-peers"))
        })
        .writes(&["private-address"]),
        Case::new("peers-no-container", "peers-changed", |world| {
            served(world);
            new_configuration(world);
            kill(world, 1);
            (1, changed(world, "pgb-peers"))
        })
        .units(2),
        Case::new("peers-unplanned", "peers-changed", |world| {
            served(world);
            new_configuration(world);
            world.container(1).restart();
            (1, changed(world, "pgb-peers"))
        })
        .units(2)
        .has_files(),
        Case::new("secret-no-container", "secret-changed", |world| {
            served(world);
            new_configuration(world);
            kill(world, 1);
            (1, secret_changed(world))
        })
        .units(2),
        Case::new("secret-unplanned", "secret-changed", |world| {
            served(world);
            new_configuration(world);
            world.container(1).restart();
            (1, secret_changed(world))
        })
        .units(2)
        .has_files(),
    ]
}

fn of_the_backend() -> Vec<Case> {
    vec![
        Case::new("backend-unplanned", "backend-changed", |world| {
            configured(world);
            let backend = world.relate_backend();
            world.run(&World::unit(0), created(world, "backend-database"));
            assert!(world.answer_backend(backend, &[]));
            (0, changed(world, "backend-database"))
        })
        .says(StatusKind::Maintenance, "Initialising backend-database relation")
        .writes(&["data"]),
        Case::new("backend-away", "backend-changed", |world| {
            world.start();
            let backend = world.relate_backend();
            world.settle();
            Server::with("backend-away", |server| server.is_away = true);
            assert!(world.answer_backend(backend, &[]));
            (0, changed(world, "backend-database"))
        })
        .says(StatusKind::Maintenance, "Initialising backend-database relation")
        .writes(&["data"]),
        Case::new("backend-follower", "backend-changed", |world| {
            world.start();
            let backend = world.relate_backend();
            world.settle();
            assert!(world.answer_backend(backend, &[]));
            (1, changed(world, "backend-database"))
        })
        .units(2)
        .writes(&["data"]),
    ]
}

fn of_clients_and_certificates() -> Vec<Case> {
    vec![
        Case::new("client-no-backend", "client-requested", |world| {
            world.start();
            world.add_client("web", "shop");
            (0, changed(world, "database"))
        })
        .says(StatusKind::Waiting, "waiting for backend-database relation to connect"),
        Case::new("client-no-container", "client-requested", |world| {
            world.start();
            world.add_backend();
            world.tick();
            world.add_client("web", "shop");
            kill(world, 0);
            (0, changed(world, "database"))
        }),
        Case::new("client-inactive", "client-requested", |world| {
            world.start();
            world.add_backend();
            world.tick();
            world.add_client("web", "shop");
            world.container(0).fake().stop(&["pgbouncer_0".to_owned()]).unwrap();
            (0, changed(world, "database"))
        }),
        Case::new("certificates-no-container", "certificates-changed", |world| {
            certified(world);
            kill(world, 0);
            (0, changed(world, "certificates"))
        }),
        Case::new("certificates-unplanned", "certificates-changed", |world| {
            certified(world);
            world.container(0).restart();
            (0, changed(world, "certificates"))
        })
        .has_files(),
    ]
}

#[test]
fn a_handler_that_waits_has_no_further_effect() {
    let cases = [of_the_unit(), of_a_new_leader(), of_the_peers(), of_the_backend(), of_clients_and_certificates()];
    let cases: Vec<_> = cases.into_iter().flatten().collect();
    assert!(cases.len() > 25, "{}", cases.len());
    std::thread::scope(|scope| {
        let checks: Vec<_> = cases.iter().map(|case| scope.spawn(|| case.check())).collect();
        checks.into_iter().for_each(|check| check.join().unwrap());
    });
}

#[test]
fn a_client_waits_for_the_last_unit_and_gets_nothing_before() {
    let mut world = World::in_process("client-behind", 2);
    world.start();
    world.add_backend();
    (0..3).for_each(|_| world.tick());
    let client = world.add_client("web", "shop");
    world.run(&World::unit(0), changed(&world, "database"));
    assert_eq!(world.deferred(0), ["client-requested"]);
    assert!(world.shared().text("cfg_file").unwrap().contains("\nshop = "));
    assert!(world.ours(client).is_empty(), "{:?}", world.ours(client));
    assert!(!Server::with("client-behind", |server| server.databases.contains("shop")));
    world.tick();
    world.tick();
    assert!(world.client_reads("web", client).ready().is_some());
}
