//! Raw websocket: the test controls every byte, and no close frame is sent implicitly.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Time that a test waits for the daemon's next byte.
const HANG: Duration = Duration::from_secs(60);

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;

/// The message that ends a stream in either direction.
pub(crate) const END: &[u8] = br#"{"command":"end"}"#;

/// A connection after the handshake.
pub(crate) struct Websocket(UnixStream);

impl Websocket {
    /// Connects to one of a task's websockets.
    pub(crate) fn connect(socket: &Path, task: &str, name: &str) -> Websocket {
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        stream.set_write_timeout(Some(HANG)).unwrap();
        let head = format!(
            "GET /v1/tasks/{task}/websocket/{name} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 101 "), "{name}: {answer}");
        Websocket(stream)
    }

    /// A second handle, for a thread that writes while another reads.
    pub(crate) fn second(&self) -> Websocket {
        Websocket(self.0.try_clone().unwrap())
    }

    /// Sends one whole message; fails if the daemon has closed the connection.
    pub(crate) fn send(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        self.0.write_all(&frame(kind, payload.len() as u64, payload))
    }

    /// Sends raw bytes.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// The next frame; `None` once the daemon has closed the connection.
    pub(crate) fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let [first, second] = self.bytes()?;
        let length = match second {
            126 => u64::from(u16::from_be_bytes(self.bytes()?)),
            127 => u64::from_be_bytes(self.bytes()?),
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).ok()?;
        Some((first & 15, payload))
    }

    /// All binary data until the end message or the connection's end.
    pub(crate) fn output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        while let Some((kind, payload)) = self.next() {
            match kind {
                BINARY => output.extend(payload),
                TEXT if payload == END => break,
                _ => {}
            }
        }
        output
    }

    /// Shuts the connection down for all handles.
    pub(crate) fn shut(self) {
        self.0.shutdown(Shutdown::Both).ok();
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        match self.0.read_exact(&mut bytes) {
            Ok(()) => Some(bytes),
            Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => None,
            Err(error) => panic!("the daemon says nothing: {error}"),
        }
    }
}

/// A client's frame that declares this length, with any payload. The mask of zeros leaves the payload unchanged.
pub(crate) fn frame(kind: u8, declared: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | kind];
    match (u8::try_from(declared), u16::try_from(declared)) {
        (Ok(short @ 0..126), _) => frame.push(0x80 | short),
        (_, Ok(middle)) => {
            frame.push(0x80 | 126);
            frame.extend(middle.to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend(declared.to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
