//! Rocks that aren't as a charm expects them, and applications that don't serve.

use juju::{Event, StatusKind};
use pebble::types::WriteFile;

use super::start::APP;
use crate::support::{Rock, World};

#[test]
fn a_rock_without_the_service_is_told_what_to_add() {
    let rock = Rock::from(APP).layer("services: {web: {override: replace, startup: enabled, command: sleep 600}}\n");
    let world = World::started(rock);
    let message = "the rock has no service named flask: name its web service so in rockcraft.yaml";
    world.expect(StatusKind::Blocked, message);
    let plan = world.pebble().plan().unwrap();
    assert_eq!(plan.services.keys().collect::<Vec<_>>(), ["web"], "nothing of ours is in the plan");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Blocked, message);
}

#[test]
fn a_command_that_cannot_be_split_is_told_and_the_application_runs_on() {
    let mut world = World::started(APP);
    // Pebble takes no such layer; but what was written down of one lies where others can write.
    let original = r#"{"flask": {"override": "replace", "command": "gunicorn 'app:app"}}"#;
    let path = "/tmp/flask/state/original-services.json";
    world.pebble().write_file(path, original.as_bytes(), &WriteFile::default()).unwrap();
    world.configure(&[("greeting", "unheard")]);
    let status = world.status();
    assert_eq!(status.kind, StatusKind::Blocked);
    assert!(status.message.starts_with("cannot read the command of service flask in the rock: "), "{status:?}");
    assert!(world.pod.as_mut().unwrap().page("/").contains("FLASK_GREETING=Hello from Flask!\n"));
}

#[test]
fn an_application_that_exits_after_its_first_second_is_started_again() {
    let app = "import sys, time\nif '--check-config' not in sys.argv:\n    time.sleep(2)\n    sys.exit(3)\n\
        def app(environ, start): pass\n";
    let mut world = World::started(app);
    world.expect(StatusKind::Active, "");
    let pebble = world.pebble();
    let is_running = || pebble.services(&["flask"]).unwrap()[0].is_running();
    world.pod.as_mut().unwrap().until("end of the service", || (!is_running()).then_some(()));
    world.fire(Event::UpdateStatus);
    // A second later it's up, which is all that Pebble and so the charm know of it.
    world.expect(StatusKind::Active, "");
    assert!(is_running());
}

#[test]
fn an_application_that_never_listens_is_active() {
    World::started(Rock::idle()).expect(StatusKind::Active, "");
}
