//! Rocks that lack what the charm expects, and applications that exit or don't listen.

use std::time::Duration;

use juju::{Event, StatusKind};
use pebble::types::{ServiceStatus, WriteFile};

use super::start::{APP, READS};
use crate::support::{Charm, Rock, World, pebble_ready};

#[test]
fn a_rock_without_the_service_is_blocked_with_advice() {
    let rock = Rock::from(APP).layer("services: {web: {override: replace, startup: enabled, command: sleep 600}}\n");
    let world = World::started(rock);
    let message = "the rock has no service named flask: name its web service so in rockcraft.yaml";
    world.expect(StatusKind::Blocked, message);
    let plan = world.pebble().plan().unwrap();
    assert_eq!(plan.services.keys().collect::<Vec<_>>(), ["web"], "the charm added no service");
    world.fire(Event::UpdateStatus);
    world.expect(StatusKind::Blocked, message);
}

#[test]
fn a_command_that_cannot_be_split_is_told_and_the_application_runs_on() {
    let mut world = World::started(APP);
    // Pebble refuses such a layer, but the application could write this file itself.
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
fn an_application_that_exits_after_its_first_second_is_told_and_left_to_pebble() {
    let script = "echo x >> /charm/container/starts\nwhile ! [ -e /charm/container/late ]; do sleep 0.1; done\n\
        [ \"$FLASK_GREETING\" = 'stay' ] || { echo no licence; exit 3; }\nexec sleep 600\n";
    // Pebble's delay before a restart is longer than the test.
    let layer = "services: {flask: {override: replace, startup: enabled, command: /flask/app/run, user: _daemon_, \
        backoff-delay: 600s, backoff-limit: 600s}}\n";
    let world = World::new();
    world.share("starts");
    let mut world = world.with_pod(Rock::scripted(script).layer(layer));
    world.expect(StatusKind::Active, "");
    world.share("late");
    let pebble = world.pebble();
    let ended = || pebble.services(&["flask"]).unwrap()[0].current == ServiceStatus::Backoff;
    world.pod.as_mut().unwrap().until("end of the service", || ended().then_some(()));
    let message = "flask keeps exiting: no licence; see its log (`kubectl logs -n test flask-k8s-0 -c flask-app`) and \
        change the configuration or the rock";
    for event in [Event::UpdateStatus, Event::ConfigChanged, pebble_ready()] {
        let log = world.logged();
        world.fire(event.clone());
        world.expect(StatusKind::Blocked, message);
        let with_log = [&READS[..3], &["GET /v1/logs"], &READS[3..]].concat();
        assert_eq!(world.requests_since(log), with_log, "{event:?}");
    }
    assert_eq!(world.read_shared("starts"), "x\n", "the charm leaves the restart to Pebble");
    world.configure(&[("greeting", "stay")]);
    world.expect(StatusKind::Active, "");
    assert_eq!(world.noted("starts", 2), ["x", "x"], "a changed configuration starts the service");
}

#[test]
fn an_application_between_two_crashes_is_told_and_a_restart_of_the_operator_or_the_charm_is_not() {
    let script = "echo x >> /charm/container/starts\n[ \"$(wc -l < /charm/container/starts)\" = 1 ] || exec sleep 600\n\
        while ! [ -e /charm/container/late ]; do sleep 0.1; done\necho no licence\nexit 3\n";
    let world = World::new();
    world.share("starts");
    let world = world.with_pod(Rock::scripted(script));
    let asked = |world: &World| {
        let log = world.logged();
        world.fire(Event::UpdateStatus);
        world.requests_since(log)
    };
    assert_eq!(asked(&world), READS, "the charm remembers its own start");
    world.expect(StatusKind::Active, "");
    world.share("late");
    let pebble = world.pebble();
    let is_active = || pebble.services(&["flask"]).unwrap()[0].is_running();
    let is_again = || (world.read_shared("starts").lines().count() == 2 && is_active()).then_some(());
    world.until("another start by Pebble", is_again);
    let with = |more: &[&'static str]| [&READS[..3], more, &READS[3..]].concat();
    let message = "flask keeps exiting: no licence; see its log (`kubectl logs -n test flask-k8s-0 -c flask-app`) and \
        change the configuration or the rock";
    assert_eq!(asked(&world), with(&["GET /v1/changes", "GET /v1/logs"]));
    world.expect(StatusKind::Blocked, message);
    assert_eq!(world.read_shared("starts"), "x\nx\n", "the charm leaves the service alone");
    pebble.restart(&["flask"], Duration::from_secs(60)).unwrap();
    assert_eq!(asked(&world), with(&["GET /v1/changes"]));
    world.expect(StatusKind::Active, "");
    world.configure(&[("greeting", "ahoy")]);
    assert_eq!(asked(&world), READS);
    world.expect(StatusKind::Active, "");
}

#[test]
fn an_application_that_never_listens_is_waited_for_where_the_author_wants_it() {
    World::started(Rock::idle()).expect(StatusKind::Active, "");

    let listens = "/bin/python3 -c \"import socket, time; s = socket.create_server(('', 8000)); time.sleep(600)\"";
    let script = format!(
        "echo x >> /charm/container/starts\nwhile ! [ -e /charm/container/late ]; do sleep 0.1; done\nexec {listens}\n"
    );
    let world = World::of(&Charm::sample().switch("listens-within: 2"));
    world.share("starts");
    let world = world.with_pod(Rock::scripted(&script));
    let message = "Waiting for flask to listen on port 8000: if it never does, see its log \
        (`kubectl logs -n test flask-k8s-0 -c flask-app`)";
    for event in [pebble_ready(), Event::UpdateStatus] {
        let log = world.logged();
        world.fire(event);
        world.expect(StatusKind::Waiting, message);
        assert_eq!(
            world.requests_since(log),
            [&READS[..], &["GET /v1/files"; 2]].concat(),
            "one look at the table of sockets, and no change"
        );
    }
    assert_eq!(world.server.with(|model| model.ports(&world.unit).unwrap().len()), 0);
    world.share("late");
    world.until("listener", || {
        world.fire(Event::UpdateStatus);
        (world.status().kind == StatusKind::Active).then_some(())
    });
    assert_eq!(world.read_shared("starts"), "x\n");
    let log = world.logged();
    world.fire(Event::UpdateStatus);
    assert_eq!(world.requests_since(log), READS, "the port is not checked again");
    world.configure(&[("greeting", "ahoy")]);
    world.expect(StatusKind::Active, "");
}
