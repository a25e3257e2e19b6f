//! Failures that become a status. The hook succeeds, and neither status nor log shows a secret.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use juju::{Event, Status, StatusKind};

use super::start::APP;
use crate::support::{Pod, Rock, World, pebble_ready};

#[test]
fn a_pebble_that_is_away_is_waited_for() {
    let world = World::new();
    world.settle();
    world.expect(StatusKind::Waiting, "Waiting for pebble ready");
}

#[test]
fn a_pebble_that_answers_garbage_is_told() {
    use StatusKind::{Blocked, Waiting};
    let no_pebble = "cannot understand the answer to GET /v1/files:";
    let answers: [(&[u8], StatusKind, String); 5] = [
        (b"SSH-2.0-OpenSSH_9.2\r\n", Blocked, format!("{no_pebble} it is not HTTP: invalid HTTP version parsed")),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{{{{",
            Blocked,
            format!("{no_pebble} it is not JSON at line 1 column 2"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
            Blocked,
            format!("{no_pebble} its content type is \"text/html\" and not multipart/form-data"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"type\":",
            Waiting,
            "cannot finish GET /v1/files: Pebble went away midway: error reading a body from connection: end of file \
             before message length reached"
                .to_owned(),
        ),
        (
            b"HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n{\"type\":\"error\",\"status-code\":500,\"result\":{\"message\":\"out of luck\"}}\n",
            Blocked,
            "Pebble refused the request (500): out of luck".to_owned(),
        ),
    ];
    for (answer, kind, why) in answers {
        let world = World::new();
        serve(&world, answer.to_vec());
        world.settle();
        world.expect(kind, &format!("cannot read the container's state: {why}"));
    }
}

/// Answers every connection to the container's socket with these bytes.
fn serve(world: &World, answer: Vec<u8>) {
    std::fs::create_dir_all(world.socket().parent().unwrap()).unwrap();
    let listener = UnixListener::bind(world.socket()).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).and_then(|_| stream.write_all(&answer));
        }
    });
}

#[test]
fn a_pod_that_dies_is_waited_for_and_comes_back() {
    let mut world = World::started(APP);
    world.pod.take().unwrap().kill();
    world.configure(&[("greeting", "still there?")]);
    world.expect(StatusKind::Waiting, "Waiting for pebble ready");
    world.pod = Some(Pod::start(world.dir.path(), APP));
    world.fire(pebble_ready());
    world.expect(StatusKind::Active, "");
    assert!(world.pod.as_mut().unwrap().page("/").contains("FLASK_GREETING=still there?\n"));
}

#[test]
fn an_application_that_cannot_be_imported_fails_the_check_and_leaves_the_plan() {
    let world = World::started("import os\nraise SystemError(os.environ['FLASK_SECRET_KEY'])\n");
    let message = "Webserver configuration check failed, please review your charm configuration or database relation";
    world.expect(StatusKind::Blocked, message);
    let plan = pebble::blocking::Client::new(world.socket()).plan().unwrap();
    assert_eq!(plan.services["flask"].environment.len(), 0);
    let texts = world.public_texts();
    assert!(texts.contains("SystemError: ***"), "{texts}");
}

#[test]
fn an_application_that_exits_at_once_is_told_with_its_last_words() {
    let world = World::started(Rock::scripted("echo no licence\nexit 3\n"));
    let message = "cannot start service flask: exited quickly with code 3: no licence";
    let mut tries = 0;
    for event in [pebble_ready(), Event::ConfigChanged, Event::UpdateStatus] {
        world.fire(event);
        // Pebble reports an exit within the first second of a start. On a busy machine the application may exit later, even
        // after the event; then a change of its configuration makes the charm start it again.
        let is_late = |status: Status| status.message.is_empty() || status.message.starts_with("flask keeps exiting: ");
        while is_late(world.status()) && tries < 50 {
            tries += 1;
            world.configure(&[("greeting", &tries.to_string())]);
        }
        world.expect(StatusKind::Blocked, message);
    }
}

#[test]
fn wrong_options_are_all_told_and_the_application_runs_on() {
    let mut world = World::started(APP);
    world.configure(&[("webserver-workers", "0"), ("flask-preferred-url-scheme", "gopher"), ("greeting", "unheard")]);
    let message = "invalid options: flask-preferred-url-scheme (must be HTTP or HTTPS), \
        webserver-workers (must be 1 or more)";
    world.expect(StatusKind::Blocked, message);
    assert!(!world.pod.as_mut().unwrap().page("/").contains("unheard"));
    world.configure(&[("webserver-workers", "1"), ("flask-preferred-url-scheme", "http")]);
    world.expect(StatusKind::Active, "");
}

#[test]
fn an_option_that_no_variable_can_hold_is_told_and_the_application_runs_on() {
    let world = World::started(Rock::idle());
    let before = (world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap());
    for (value, why) in [
        ("x".repeat(200_000), "is longer than the 131056 bytes that a variable can hold"),
        ("a\0b".to_owned(), "has a zero character, which no variable can hold"),
    ] {
        world.configure(&[("greeting", &value)]);
        world.expect(StatusKind::Blocked, &format!("invalid options: greeting ({why})"));
        assert_eq!((world.pebble().plan().unwrap(), world.pebble().services(&[]).unwrap()), before);
    }
    world.configure(&[("greeting", &"x".repeat(131_056))]);
    world.expect(StatusKind::Active, "");
}
