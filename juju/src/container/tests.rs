//! Containers with and without a listener at their socket.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

use super::*;
use crate::context::Context;
use crate::fake::{Fake, context};

/// Context of a unit with a container `app` below `dir`; the container's socket.
fn unit(dir: &Path) -> (Context, std::path::PathBuf) {
    let context = Context { containers_dir: dir.to_owned(), ..context("hooks/start") };
    let socket = context.pebble_socket("app");
    std::fs::create_dir_all(socket.parent().expect("a folder")).expect("a folder");
    (context, socket)
}

/// Answers one connection with a text, after the request's head.
fn answer_once(socket: &Path, answer: impl Into<String>) -> thread::JoinHandle<()> {
    let (listener, answer) = (UnixListener::bind(socket).expect("a socket"), answer.into());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            head.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).expect("a client that reads");
    })
}

fn connect(context: &Context) -> Result<Option<Client>, Error> {
    Juju::new(context, &Fake::default()).container(key::Container::named("app"))
}

#[test]
fn a_container_without_pebble_is_a_value() {
    let dir = tempfile::tempdir().expect("a folder");
    let (context, socket) = unit(dir.path());
    assert!(connect(&context).expect("no socket").is_none());
    drop(UnixListener::bind(&socket).expect("a socket"));
    assert!(connect(&context).expect("no listener").is_none());
    std::fs::remove_file(&socket).expect("a socket");
    let dying = answer_once(&socket, "");
    assert!(connect(&context).expect("it ends the connection").is_none());
    dying.join().expect("a good daemon");
}

#[test]
fn a_container_with_pebble_gives_its_client() {
    let result = r#"{"version":"v1.32.1","boot-id":"b-0-0-0"}"#;
    let body = format!(r#"{{"type":"sync","status-code":200,"status":"OK","result":{result}}}"#);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
    let dir = tempfile::tempdir().expect("a folder");
    let (context, socket) = unit(dir.path());
    let daemon = answer_once(&socket, format!("{head} {}\r\n\r\n{body}", body.len()));
    assert_eq!(connect(&context).expect("an answer").map(|client| client.requests()), Some(1));
    daemon.join().expect("a good daemon");
}

#[test]
fn a_pebble_that_can_not_be_used_is_an_error() {
    let dir = tempfile::tempdir().expect("a folder");
    let (context, socket) = unit(dir.path());
    let strange = answer_once(&socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
    let error = connect(&context).expect_err("no Pebble");
    assert_eq!(error.to_string(), "cannot use Pebble");
    strange.join().expect("a good daemon");
    // A file is no socket; root may connect to anything else.
    std::fs::remove_file(&socket).expect("a socket");
    std::fs::write(&socket, "").expect("a file");
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600)).expect("our own");
    assert!(connect(&context).expect("a file refuses connections").is_none());
}
