//! The server of the stand-in: HTTP/1.1 on a unix socket, as Pebble speaks it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Path to which logs are pushed.
const PUSH: &str = "/loki/api/v1/push";

/// Longest body, in bytes; Pebble pushes at most a hundred lines at once.
const LONGEST: u64 = 8 << 20;

/// Longest head of a request, in bytes.
const LONGEST_HEAD: u64 = 16 << 10;

/// Lines that are kept.
const KEPT: usize = 1000;

/// Longest wait for the rest of a request.
const PATIENCE: Duration = Duration::from_secs(10);

/// The last lines, the oldest first.
type Lines = Arc<Mutex<VecDeque<String>>>;

/// The running server. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Sink {
    socket: PathBuf,
    is_over: Arc<Mutex<bool>>,
}

impl Sink {
    /// Serves on a new socket at this path.
    pub(super) fn start(socket: &Path) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        let is_over = Arc::new(Mutex::new(false));
        let (over, lines) = (is_over.clone(), Lines::default());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if *over.lock().unwrap_or_else(PoisonError::into_inner) {
                    return;
                }
                let lines = lines.clone();
                thread::spawn(move || converse(&client, &lines));
            }
        });
        Ok(Self { socket: socket.to_owned(), is_over })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        // Wakes the server; both fail only if it has ended.
        let _ = UnixStream::connect(&self.socket);
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Answers the requests of one connection until it ends or one can't be read.
fn converse(client: &UnixStream, lines: &Lines) {
    let _ = client.set_read_timeout(Some(PATIENCE));
    let mut reader = BufReader::new(client);
    while let Ok(Some(request)) = Request::read(&mut reader) {
        let (status, body) = answer(&request, lines);
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n");
        let mut client = client;
        if client.write_all(head.as_bytes()).and_then(|()| client.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn answer(request: &Request, lines: &Lines) -> (&'static str, String) {
    let mut kept = lines.lock().unwrap_or_else(PoisonError::into_inner);
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", PUSH) => match serde_json::from_slice(&request.body) {
            Ok(pushed) => {
                kept.extend(texts(&pushed));
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
                ("204 No Content", String::new())
            }
            Err(_) => ("400 Bad Request", "the body is not JSON\n".to_owned()),
        },
        ("GET", "/") => ("200 OK", kept.iter().map(|line| format!("{line}\n")).collect()),
        _ => ("404 Not Found", String::new()),
    }
}

/// The lines of a push, each after its unit and service.
fn texts(pushed: &Value) -> Vec<String> {
    let streams = pushed["streams"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_stream = |stream: &Value| {
        let label = |name: &str| stream["stream"][name].as_str().unwrap_or("-").to_owned();
        let begin = format!("{} {}", label("juju_unit"), label("pebble_service"));
        let values = stream["values"].as_array().cloned().unwrap_or_default();
        let text = move |value: &Value| {
            let line = value[1].as_str().unwrap_or_default();
            let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
            format!("{begin}: {line}")
        };
        values.iter().map(text).collect::<Vec<_>>()
    };
    streams.iter().flat_map(of_stream).collect()
}

/// A request.
struct Request {
    method: String,
    path: String,
    body: Vec<u8>,
}

impl Request {
    /// The next request; `None` at the end of the connection.
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = reader.by_ref().take(LONGEST_HEAD);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if head.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (method, path) = (method.to_owned(), path.to_owned());
        let header =
            |line: &String| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<u64>().ok();
        let length = lines.iter().find_map(header).unwrap_or_default();
        if length > LONGEST {
            return Err(io::Error::other("the body is too long"));
        }
        let mut body = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut body)?;
        Ok(Some(Self { method, path, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(socket: &Path, request: &str) -> String {
        let mut client = UnixStream::connect(socket).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).unwrap();
        said
    }

    fn push(body: &str) -> String {
        format!("POST {PUSH} HTTP/1.1\r\nHost: loki\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn pushed_lines_are_shown_and_nonsense_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("loki.sock");
        let sink = Sink::start(&socket).unwrap();
        let line = r#"{"streams": [{"stream": {"juju_unit": "web/0", "pebble_service": "go"}, "values": [["1", "a\u001bb"]]}]}"#;
        let table = [
            (push(line), "204 No Content"),
            (push("{"), "400 Bad Request"),
            (push("{\"streams\": 1}"), "204 No Content"),
            ("GET /elsewhere HTTP/1.1\r\n\r\n".to_owned(), "404 Not Found"),
        ];
        for (request, status) in table {
            assert!(asked(&socket, &request).starts_with(&format!("HTTP/1.1 {status}\r\n")), "{request}");
        }
        assert_eq!(asked(&socket, &format!("POST {PUSH} HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")), "");
        assert!(asked(&socket, "GET / HTTP/1.1\r\n\r\n").ends_with("\r\n\r\nweb/0 go: a b\n"));
        drop(sink);
        assert!(UnixStream::connect(&socket).is_err());
    }
}
