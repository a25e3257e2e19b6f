//! A request, and the raw answer to it.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::Uid;
use serde_json::Value;

/// A request to both daemons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Method and target.
    pub(super) line: String,
    /// Header lines, each with its line's end.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// User that sends it; the test's own if `None`.
    pub(super) user: Option<u32>,
}

/// A raw answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) location: String,
    pub(super) body: Vec<u8>,
}

/// `GET target`.
pub(super) fn get(target: impl AsRef<str>) -> Request {
    request("GET", target.as_ref(), "", b"")
}

/// `POST target` with JSON.
pub(super) fn post(target: impl AsRef<str>, body: &Value) -> Request {
    text(target, &body.to_string())
}

/// `POST target` with any text as JSON.
pub(super) fn text(target: impl AsRef<str>, body: &str) -> Request {
    request("POST", target.as_ref(), "Content-Type: application/json\r\n", body.as_bytes())
}

/// Any request.
pub(super) fn request(method: &str, target: &str, head: &str, body: &[u8]) -> Request {
    Request { line: format!("{method} {target}"), head: head.to_owned(), body: body.to_owned(), user: None }
}

impl Request {
    /// The same from another user.
    pub(super) fn of_user(mut self, uid: u32) -> Request {
        self.user = Some(uid);
        self
    }

    /// Sends it over a connection of its own.
    pub(super) fn send(&self, socket: &Path) -> Answer {
        match self.user {
            None => self.exchange(UnixStream::connect(socket).unwrap()),
            Some(uid) => {
                // The kernel reports the credentials of the thread that connects.
                let connect = || {
                    rustix::thread::set_thread_uid(Uid::from_raw(uid)).unwrap();
                    UnixStream::connect(socket).unwrap()
                };
                self.exchange(std::thread::scope(|scope| scope.spawn(connect).join().unwrap()))
            }
        }
    }

    /// Sends it over this connection and reads the answer.
    pub(super) fn exchange(&self, mut stream: impl Read + Write) -> Answer {
        let Request { line, head, body, .. } = self;
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A daemon may refuse before it has read the whole body.
        stream.write_all(body).ok();
        let mut bytes = Vec::new();
        match stream.read_to_end(&mut bytes) {
            Err(error) if bytes.is_empty() => panic!("{line}: {error}"),
            Err(error) => assert_ne!(error.kind(), ErrorKind::WouldBlock, "{line}"),
            Ok(_) => {}
        }
        Answer::parse(&bytes)
    }

    /// The request's beginning, for messages.
    pub(super) fn shown(&self) -> String {
        let body: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        let line: String = self.line.chars().take(200).collect();
        let user = self.user.map(|uid| format!(" (as user {uid})")).unwrap_or_default();
        format!("{line} {body}{user}")
    }
}

impl Answer {
    fn parse(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let header = |name: &str| {
            let found = head.lines().filter_map(|line| line.split_once(':'));
            let value =
                found.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned());
            value.collect::<String>()
        };
        let body = &bytes[end + 4..];
        let is_chunked = header("transfer-encoding") == "chunked";
        Answer {
            status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status"),
            kind: header("content-type"),
            location: header("location"),
            body: if is_chunked { joined(body) } else { body.to_vec() },
        }
    }

    /// The body as JSON; null if it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").expect("a chunk has a size");
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("a chunk's size is a number");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}

/// Time after which a connection counts as hanging.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
