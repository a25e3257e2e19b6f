//! Raw HTTP, so that the suite sees the daemon's bytes and not our client's interpretation.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A raw response.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
}

/// Sends one request over a new connection; `head` may have header lines, each with its line's end.
pub(crate) fn request(socket: &Path, line: &str, head: &str, body: &[u8]) -> Response {
    exchange(UnixStream::connect(socket).expect("the daemon listens"), line, head, body)
}

/// Sends one request as another user; only root can.
pub(crate) fn request_as(user: u32, socket: &Path, line: &str, head: &str, body: &[u8]) -> Response {
    // The kernel reports the credentials of the thread that connects.
    let connect = || {
        rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(user)).expect("root can be anyone");
        UnixStream::connect(socket).expect("the daemon listens")
    };
    let stream = std::thread::scope(|scope| scope.spawn(connect).join().expect("it connects"));
    exchange(stream, line, head, body)
}

fn exchange(mut stream: UnixStream, line: &str, head: &str, body: &[u8]) -> Response {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a bound");
    let length = body.len();
    let head =
        format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the daemon takes a request");
    // A daemon may refuse before it has read the whole body.
    stream.write_all(body).ok();
    let mut bytes = Vec::new();
    // After a refusal it may close the connection before it reads the rest: the answer before that counts.
    let ended = stream.read_to_end(&mut bytes);
    assert!(!bytes.is_empty(), "the daemon answers: {ended:?}");
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Response {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status");
    let body = &bytes[end + 4..];
    let chunked = header("transfer-encoding").is_some_and(|value| value == "chunked");
    Response {
        status,
        kind: header("content-type").unwrap_or_default(),
        body: if chunked { dechunk(body) } else { body.to_vec() },
    }
}

fn dechunk(mut rest: &[u8]) -> Vec<u8> {
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

/// Sends a request without a body over TCP, with any header lines; `None` if the port does not listen.
pub(crate) fn request_tcp(to: std::net::SocketAddr, line: &str, head: &str) -> Option<Response> {
    let mut stream = std::net::TcpStream::connect(to).ok()?;
    stream
        .write_all(format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n").as_bytes())
        .ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    Some(parse(&bytes))
}
