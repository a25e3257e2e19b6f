//! Units with a past: a pod that was lost with the charm's folder, and the files and databags of a Python charm.

use std::fs;

use juju::{Databag, Entity, Event, RelationId, StatusKind, Whose};
use pebble::plan::Layer;
use pebble::types::WriteFile;

use crate::support::{Charm, DATABASE, Pod, Rock, World, pebble_ready};

/// Id of the peer relation.
const PEERS: RelationId = RelationId(0);
/// File in which the Python framework keeps the services of the rock.
const ORIGINAL: &str = "/tmp/flask/state/original-services.json";
/// File of the migration's status.
const STATUS: &str = "/tmp/flask/state/database-migration-status";

/// A rock that counts its starts and migrations in shared files, which outlive the pod.
fn rock() -> Rock {
    Rock::scripted("echo x >> /charm/container/starts\nexec sleep 600\n")
        .file("flask/app/migrate.sh", "echo x >> /charm/container/ran\n")
}

fn world() -> (World, RelationId) {
    let world = World::of(&Charm::with_integrations());
    world.share("ran");
    world.share("starts");
    let relation = world.integrate("mysql", "db");
    world.say(relation, "db", &DATABASE);
    (world, relation)
}

/// Number of lines of a shared file.
fn count(world: &World, name: &str) -> usize {
    world.read_shared(name).lines().count()
}

/// Our databags of the relations.
fn databags(world: &World, relation: RelationId) -> Vec<Databag> {
    [PEERS, relation].iter().flat_map(|id| [Whose::App, Whose::Unit].map(|whose| world.ours(*id, whose))).collect()
}

#[test]
fn a_unit_that_lost_its_pod_goes_on_with_what_juju_kept() {
    let (world, relation) = world();
    let mut world = world.with_pod(rock());
    world.expect(StatusKind::Active, "");
    let before = (databags(&world, relation), world.memory(), world.pebble().plan().unwrap());
    world.pod.take().unwrap().kill();
    fs::remove_dir_all(world.dir.path().join("charm")).unwrap();
    Charm::with_integrations().unpack(world.dir.path());
    world.pod = Some(Pod::start(world.dir.path(), rock()));
    // Juju's events for a new pod.
    for event in [Event::UpgradeCharm, Event::ConfigChanged, Event::Start, pebble_ready()] {
        world.fire(event);
        world.expect(StatusKind::Active, "");
    }
    assert_eq!((databags(&world, relation), world.memory(), world.pebble().plan().unwrap()), before);
    assert_eq!((count(&world, "ran"), world.noted("starts", 2).len()), (1, 2), "the release is the same");
    assert!(world.file(ORIGINAL).contains("/flask/app/run"));
}

#[test]
fn what_a_python_charm_has_left_is_taken_over_with_one_restart() {
    let (mut world, relation) = world();
    let key = "k".repeat(86);
    leave_databags(&world, relation, &key);
    world.pod = Some(Pod::start(world.dir.path(), rock()));
    leave_container(&world, &key);
    let before = databags(&world, relation);
    world.settle();
    for event in [Event::UpgradeCharm, Event::ConfigChanged, pebble_ready(), Event::UpdateStatus] {
        world.fire(event);
    }
    world.expect(StatusKind::Active, "");
    assert_eq!(databags(&world, relation), before, "databags are as we would have written them");
    assert_eq!(world.variables()["FLASK_SECRET_KEY"], key);
    assert_eq!((count(&world, "ran"), world.file(STATUS).as_str()), (0, "COMPLETED"), "the migration is done already");
    assert!(count(&world, "starts") <= 2, "{} starts", count(&world, "starts"));
    let original: serde_json::Value = serde_json::from_str(&world.file(ORIGINAL)).unwrap();
    assert_eq!(original["flask"]["command"], "/flask/app/run", "not the charm's own layer");
    assert!(original["flask"].get("environment").is_none(), "{original}");
}

/// Writes our databags as the Python framework does, byte for byte.
fn leave_databags(world: &World, relation: RelationId, key: &str) {
    let lists = [
        (
            "requested-secrets",
            r#"["username", "password", "tls", "tls-ca", "uris", "read-only-uris", "entity-name", "entity-password"]"#,
        ),
        ("provided-secrets", r#"["mtls-cert"]"#),
    ];
    let copy = r#"{"database": "shop", "endpoints": "db:5432", "password": "pass-word-1", "username": "user-1"}"#;
    let app = Entity::App(world.unit.app().to_owned());
    world.server.with(|model| {
        // The unit enters its relations in its first hook.
        let hook = model.begin(&world.unit, Event::Start).unwrap();
        model.finish(&hook, true).unwrap();
        let set = |model: &mut juju_testing::Model, id, whose: &Entity, data: &[(&str, &str)]| {
            model.set_databag(id, whose, &data.iter().copied().collect()).unwrap();
        };
        set(model, PEERS, &app, &[("flask_secret_key", key)]);
        set(model, relation, &app, &[("database", "flask-k8s"), lists[0], lists[1]]);
        set(model, relation, &Entity::Unit(world.unit.clone()), &[("data", copy), lists[0], lists[1]]);
    });
}

/// Adds the Python charm's layer, its file of the rock's services, and the status of a completed migration.
fn leave_container(world: &World, key: &str) {
    let pebble = world.pebble();
    let original =
        r#"{"flask": {"startup": "enabled", "override": "replace", "command": "/flask/app/run", "user": "_daemon_"}}"#;
    for (path, text) in [(ORIGINAL, original), (STATUS, "COMPLETED")] {
        let options = WriteFile { make_dirs: true, ..WriteFile::default() };
        pebble.write_file(path, text.as_bytes(), &options).unwrap();
    }
    let layer = format!(
        "services: {{flask: {{override: replace, startup: enabled, command: /flask/app/run, user: _daemon_, \
        environment: {{FLASK_SECRET_KEY: {key}, FLASK_PREFERRED_URL_SCHEME: HTTPS, OLD: gone}}}}}}\n"
    );
    pebble.add_layer("charm", &Layer::parse(layer.as_bytes()).unwrap(), true).unwrap();
    pebble.replan(std::time::Duration::from_secs(30)).unwrap();
}

#[test]
fn what_others_left_is_not_trusted_blindly() {
    let (mut world, _) = world();
    world.pod = Some(Pod::start(world.dir.path(), rock()));
    for (path, text) in [(ORIGINAL, "[\"flask\"]"), (STATUS, "\u{0}nonsense")] {
        let options = WriteFile { make_dirs: true, ..WriteFile::default() };
        world.pebble().write_file(path, text.as_bytes(), &options).unwrap();
    }
    world.settle();
    world.fire(pebble_ready());
    world.expect(StatusKind::Active, "");
    assert_eq!((count(&world, "ran"), world.file(STATUS).as_str()), (1, "COMPLETED"));
    assert!(world.file(ORIGINAL).starts_with("{\"flask\":"));
}
