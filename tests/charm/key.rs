//! The peer relation: the leader makes and rotates the secret key, and the application gets the other units' names.

use juju::{ActionEvent, Databag, Entity, Event, RelationId, StatusKind, Whose};
use pebble::types::WriteFile;
use serde_json::{Map, Value, json};

use crate::support::{Charm, Pod, Rock, World, pebble_ready};

/// Id of the peer relation.
const PEERS: RelationId = RelationId(0);

/// A started unit of a charm with the action `rotate-secret-key`.
fn world(rock: Rock) -> World {
    World::of(&Charm::with_integrations()).with_pod(rock)
}

fn key(world: &World) -> String {
    world.ours(PEERS, Whose::App)["flask_secret_key"].clone()
}

/// Runs `rotate-secret-key`. Returns its results, or the message of its failure.
fn rotate(world: &World) -> Result<Value, String> {
    let name = "rotate-secret-key";
    let id = world.server.with(|model| model.run_action(&world.unit, name, &Map::new())).unwrap();
    world.fire(Event::Action(ActionEvent { name: name.to_owned(), id: id.clone() }));
    world.server.with(|model| {
        let action = model.action(&id).unwrap();
        match &action.failure {
            Some(why) => Err(why.clone()),
            None => Ok(Value::Object(action.results.clone())),
        }
    })
}

#[test]
fn a_new_leader_that_draws_the_missing_key_goes_on_at_once() {
    let world = World::new();
    let other = world.server.with(|model| model.add_unit("flask-k8s")).unwrap();
    world.server.with(|model| model.set_leader(&other)).unwrap();
    let world = world.with_pod(Rock::idle());
    world.expect(StatusKind::Waiting, "Waiting for peer integration");
    world.server.with(|model| model.set_leader(&world.unit)).unwrap();
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(world.variables()["FLASK_SECRET_KEY"], key(&world));
    // With a key in the databag, leader-elected does not concern the workload.
    assert!(!world.fire(Event::LeaderElected).counts().contains_key("status-set"));
}

#[test]
fn a_key_that_the_leader_writes_or_rotates_arrives_by_a_change_of_the_peer_relation() {
    let world = World::new();
    world.share("starts");
    let app = Entity::App(world.unit.app().to_owned());
    let other = world.server.with(|model| model.add_unit("flask-k8s")).unwrap();
    world.server.with(|model| model.set_leader(&other)).unwrap();
    let world = world.with_pod(Rock::scripted("echo x >> /charm/container/starts\nexec sleep 600\n"));
    world.expect(StatusKind::Waiting, "Waiting for peer integration");
    for (starts, letter) in [(1, "k"), (2, "r")] {
        let key = letter.repeat(86);
        let bag = Databag::from_iter([("flask_secret_key", key.as_str())]);
        world.server.with(|model| model.set_databag(PEERS, &app, &bag)).unwrap();
        let event = world.next().unwrap();
        assert_eq!(event.name(), "secret-storage-relation-changed");
        world.settle();
        world.expect(StatusKind::Active, "");
        assert_eq!(world.variables()["FLASK_SECRET_KEY"], key);
        assert_eq!(world.noted("starts", starts).len(), starts, "another key takes a restart");
    }
}

#[test]
fn a_rotated_key_is_used_at_once() {
    let world = world(Rock::idle());
    let before = key(&world);
    assert_eq!(rotate(&world), Ok(json!({"status": "success"})));
    assert_ne!(key(&world), before);
    assert_eq!(world.variables()["FLASK_SECRET_KEY"], key(&world));
}

#[test]
fn a_key_that_is_rotated_while_the_application_is_away_is_no_success_yet() {
    let mut world = world(Rock::idle());
    let before = key(&world);
    world.pod.take().unwrap().kill();
    let why = "the key is rotated, but the application does not use it yet: Waiting for pebble ready";
    assert_eq!(rotate(&world), Err(why.to_owned()));
    assert_ne!(key(&world), before);
    world.pod = Some(Pod::start(world.dir.path(), Rock::idle()));
    world.fire(pebble_ready());
    world.expect(StatusKind::Active, "");
    assert_eq!(world.variables()["FLASK_SECRET_KEY"], key(&world));
}

#[test]
fn a_rotation_without_effect_says_so_and_tells_no_key() {
    let script = "if [ \"$1\" = --check-config ]; then\n[ -e /tmp/refuse ] || exit 0\necho $FLASK_SECRET_KEY\nexit 1\nfi\n\
        exec sleep 600\n";
    let world = world(Rock::checking(script));
    let (before, peers) = (world.variables(), Entity::App(world.unit.app().to_owned()));
    world.pebble().write_file("/tmp/refuse", [].as_slice(), &WriteFile::default()).unwrap();
    let check = "Webserver configuration check failed, please review your charm configuration or database relation";
    let why = format!("the key is rotated, but the application does not use it yet: {check}");
    assert_eq!(rotate(&world), Err(why));
    world.expect(StatusKind::Blocked, check);
    assert_eq!(world.variables(), before, "the application runs on with the old key");
    assert!(!world.public_texts().contains(&key(&world)), "{}", world.public_texts());
    world.pebble().remove("/tmp/refuse", false).unwrap();
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Active, "");
    assert_eq!(world.variables()["FLASK_SECRET_KEY"], key(&world));
    let gone = Databag::from_iter([("flask_secret_key", "")]);
    world.server.with(|model| model.set_databag(PEERS, &peers, &gone)).unwrap();
    assert_eq!(rotate(&world), Err("charm is still initializing".to_owned()));
}

#[test]
fn units_that_come_and_go_are_told_to_the_application() {
    let world = world(Rock::idle());
    let peers = |world: &World| world.variables().get("FLASK_PEER_FQDNS").cloned();
    assert_eq!(peers(&world), None);
    let other = world.server.with(|model| {
        let other = model.add_unit("flask-k8s").unwrap();
        while let Some(event) = model.next_event(&other) {
            let hook = model.begin(&other, event).unwrap();
            model.finish(&hook, true).unwrap();
        }
        other
    });
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(peers(&world).as_deref(), Some("flask-k8s-1.flask-k8s-endpoints.test.svc.cluster.local"));
    world.server.with(|model| model.remove_unit(&other)).unwrap();
    world.settle();
    world.expect(StatusKind::Active, "");
    assert_eq!(peers(&world), None);
}
