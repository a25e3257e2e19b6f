use std::io::{self, Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use super::at_once::AtOnce;
use super::*;

/// Serves connections one after the other, each with these answers in turn.
fn serve(connections: Vec<Vec<&'static str>>) -> (tempfile::TempDir, Client, thread::JoinHandle<()>) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let server = thread::spawn(move || {
        for answers in connections {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    request.push(byte[0]);
                }
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
                write!(stream, "{head} {}\r\n\r\n{answer}", answer.len()).unwrap();
            }
        }
    });
    let client = Client::new(socket);
    (dir, client, server)
}

const EMPTY: &str = r#"{"type":"sync","status-code":200,"result":[]}"#;

#[test]
fn the_connection_is_kept_from_call_to_call_and_replaced_when_it_ends() {
    let (_dir, client, server) = serve(vec![vec![EMPTY, EMPTY], vec![EMPTY]]);
    for _ in 0..3 {
        assert!(client.services(&[]).unwrap().is_empty());
    }
    assert_eq!(client.requests(), 3);
    server.join().unwrap();
}

#[test]
fn making_a_client_touches_nothing() {
    let client = Client::new("/no/such/socket");
    assert_eq!(format!("{client:?}"), r#"Client { name: "/no/such/socket", requests: 0 }"#);
    let error = client.system_info().unwrap_err();
    assert!(matches!(&error, Error::Connect { source, .. } if source.kind() == io::ErrorKind::NotFound), "{error:?}");
    assert_eq!(error.to_string(), "cannot connect to Pebble at /no/such/socket");
    assert_eq!(client.requests(), 0, "a request that never left is none");
}

#[test]
fn a_client_may_be_shared_among_threads() {
    let (_dir, client, server) = serve(vec![vec![EMPTY], vec![EMPTY]]);
    thread::scope(|scope| {
        let other = scope.spawn(|| client.changes(ChangeSelect::All, None).unwrap().len());
        assert_eq!(other.join().unwrap(), 0);
    });
    client.services(&[]).unwrap();
    server.join().unwrap();
}

/// A reader that is interrupted before every byte.
struct Reluctant(Vec<u8>, bool);

impl Read for Reluctant {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.0.pop() {
            Some(byte) => {
                buffer[0] = byte;
                Ok(1)
            }
            None => Ok(0),
        }
    }
}

#[test]
fn a_reader_may_be_interrupted_and_give_little() {
    use tokio::io::AsyncReadExt;

    let runtime = Builder::new_current_thread().build().unwrap();
    let mut content = Vec::new();
    runtime.block_on(AtOnce(Reluctant(b"cba".to_vec(), false)).read_to_end(&mut content)).unwrap();
    assert_eq!(content, b"abc");
}
