//! Asking the application whether it answers.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The time for a connection, and for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The status code with which the application on `port` answers `GET path`.
///
/// # Errors
/// When it doesn't, or answers in another language than HTTP.
pub fn get(port: u16, path: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let line = first_line(&mut stream, Instant::now() + PATIENCE)?;
    status(&line).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP"))
}

/// The bytes up to the first line break, 256 at most. All of them have to be there by `deadline`.
fn first_line(stream: &mut TcpStream, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut part = [0; 256];
    while line.len() < part.len() && !line.contains(&b'\n') {
        let left = deadline.saturating_duration_since(Instant::now());
        // A timeout of nothing would be none at all.
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut part)? {
            0 => break,
            _ if left.is_zero() => return Err(io::ErrorKind::TimedOut.into()),
            read => line.extend(&part[..read]),
        }
    }
    line.truncate(line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len()));
    Ok(line)
}

/// The code in a status line such as `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/")?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_status_line_is_understood() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r"), Some(200));
        assert_eq!(status(b"HTTP/1.0 404"), Some(404));
        assert_eq!(status(b"SSH-2.0-x 200"), None);
        assert_eq!(status(&[0xff]), None);
    }

    #[test]
    fn an_answer_that_comes_byte_by_byte_is_not_waited_for_longer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"HTTP/1.1 2").unwrap();
        let late = first_line(&mut client, Instant::now()).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut, "what is there comes too late");
        server.write_all(b"00 OK\r\nX").unwrap();
        assert_eq!(first_line(&mut client, Instant::now() + PATIENCE).unwrap(), b"00 OK\r");
    }

    #[test]
    fn a_server_is_asked_for_the_path() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 64];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 503 Not Yet\r\n\r\n").unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(get(port, "/health").unwrap(), 503);
        assert!(server.join().unwrap().starts_with("GET /health HTTP/1.0\r\n"));
        get(port, "/").unwrap_err();
    }
}
