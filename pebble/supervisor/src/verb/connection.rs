//! Requests of the command line, each over a connection of its own.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use pebble::types::Envelope;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Failure;
use crate::errno;
use pebble::plan::quote;

/// The daemon's socket.
pub(super) struct Connection {
    socket: PathBuf,
}

impl Connection {
    pub(super) fn new(socket: PathBuf) -> Connection {
        Connection { socket }
    }

    /// `GET path`; returns the result.
    ///
    /// # Errors
    /// The daemon doesn't answer, or its message.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let envelope = self.envelope("GET", path, "", b"")?;
        decode(envelope.result)
    }

    /// `POST path` with JSON; returns the whole answer.
    ///
    /// # Errors
    /// The daemon doesn't answer, or its message.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Envelope, Failure> {
        self.envelope("POST", path, "Content-Type: application/json\r\n", body.to_string().as_bytes())
    }

    /// `POST path` with any body; returns the whole answer.
    ///
    /// # Errors
    /// The daemon doesn't answer, or its message.
    pub(super) fn post_bytes(&self, path: &str, head: &str, body: &[u8]) -> Result<Envelope, Failure> {
        self.envelope("POST", path, head, body)
    }

    /// `GET path` without a look at the status: a check that is down makes the daemon's health an error.
    ///
    /// # Errors
    /// The daemon doesn't answer.
    pub(super) fn get_any(&self, path: &str) -> Result<Envelope, Failure> {
        let mut text = Vec::new();
        self.open("GET", path, "", b"")?.read_to_end(&mut text).map_err(|error| self.broken("GET", path, &error))?;
        serde_json::from_slice(&text).map_err(|error| format!("cannot decode answer: {error}"))
    }

    fn envelope(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Result<Envelope, Failure> {
        let mut text = Vec::new();
        let mut reader = self.open(method, path, head, body)?;
        reader.read_to_end(&mut text).map_err(|error| self.broken(method, path, &error))?;
        let envelope: Envelope =
            serde_json::from_slice(&text).map_err(|error| format!("cannot decode answer: {error}"))?;
        if envelope.status_code < 400 {
            return Ok(envelope);
        }
        let message = envelope.result["message"].as_str().unwrap_or_default().to_owned();
        let is_root = rustix::process::geteuid().is_root();
        Err(if envelope.result["kind"] == "login-required" && !is_root {
            message + " (try with sudo)"
        } else {
            message
        })
    }

    /// Sends a request and returns the reader of the answer's body.
    ///
    /// # Errors
    /// The daemon can't be reached.
    pub(super) fn open(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Result<Box<dyn BufRead>, Failure> {
        let failed = |error: &std::io::Error| self.broken(method, path, error);
        let connected = UnixStream::connect(&self.socket);
        let mut stream = connected.map_err(|error| self.unreachable(method, path, &error))?;
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).map_err(|error| failed(&error))?;
        // A refusal may come before the body is read.
        let _ = stream.write_all(body);
        let mut reader = BufReader::new(stream);
        let mut is_chunked = false;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(|error| failed(&error))?;
            is_chunked |= line.trim_end().eq_ignore_ascii_case("transfer-encoding: chunked");
            if line.trim_end().is_empty() {
                break;
            }
        }
        Ok(if is_chunked { Box::new(BufReader::new(Chunks { reader, left: 0 })) } else { Box::new(reader) })
    }

    /// The message about a daemon that can't be connected to.
    pub(super) fn unreachable(&self, method: &str, path: &str, error: &std::io::Error) -> Failure {
        let socket = self.socket.display().to_string();
        self.failed(
            method,
            path,
            &match error.kind() {
                ErrorKind::NotFound => format!("socket {} not found", quote(&socket)),
                _ => format!("dial unix {socket}: connect: {}", errno::text(error)),
            },
        )
    }

    fn broken(&self, method: &str, path: &str, error: &std::io::Error) -> Failure {
        self.failed(method, path, &errno::text(error))
    }

    fn failed(&self, method: &str, path: &str, why: &str) -> Failure {
        let method = if method == "GET" { "Get" } else { "Post" };
        format!("cannot communicate with server: {method} {}: {why}", quote(&format!("http://localhost{path}")))
    }
}

fn decode<T: DeserializeOwned>(result: Value) -> Result<T, Failure> {
    serde_json::from_value(result).map_err(|error| format!("cannot decode answer: {error}"))
}

/// Body in chunks.
struct Chunks<R> {
    reader: R,
    left: usize,
}

impl<R: BufRead> Read for Chunks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            let mut line = String::new();
            // The end of the chunk before is an empty line.
            while line.trim().is_empty() {
                line.clear();
                if self.reader.read_line(&mut line)? == 0 {
                    return Ok(0);
                }
            }
            self.left = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = buffer.len().min(self.left);
        let count = self.reader.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}

/// A path with query parameters; empty values are left out.
pub(super) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", escaped(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
