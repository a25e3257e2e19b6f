//! Progress of a websocket's incoming bytes, which distinguishes a frame that stops midway from a quiet output.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose reads fail with [`io::ErrorKind::TimedOut`] if no byte arrives for `idle` in the middle of a frame.
/// During the handshake and between frames there is no limit.
pub(super) struct Progress<S> {
    stream: S,
    place: Place,
    idle: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

/// Position of the next byte in the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the handshake's answer, after this many bytes of its closing `\r\n\r\n`.
    Handshake(usize),
    /// In a frame's header, after these bytes.
    Header { bytes: [u8; 14], length: usize },
    /// In a frame's payload, with this many bytes missing.
    Payload(u64),
}

const BEFORE_FRAME: Place = Place::Header { bytes: [0; 14], length: 0 };

impl Place {
    /// The position after these bytes.
    fn after(mut self, mut bytes: &[u8]) -> Place {
        while let Some((&byte, rest)) = bytes.split_first() {
            self = match self {
                Place::Payload(missing) => {
                    let here = bytes.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
                    bytes = &bytes[here..];
                    match missing - here as u64 {
                        0 => BEFORE_FRAME,
                        missing => Place::Payload(missing),
                    }
                }
                Place::Handshake(ended) => {
                    bytes = rest;
                    end_of_head(ended, byte)
                }
                Place::Header { bytes: mut header, length } => {
                    bytes = rest;
                    header[length] = byte;
                    payload_of(&header[..=length]).unwrap_or(Place::Header { bytes: header, length: length + 1 })
                }
            };
        }
        self
    }

    fn is_midway(self) -> bool {
        matches!(self, Place::Header { length: 1.., .. } | Place::Payload(_))
    }
}

fn end_of_head(ended: usize, byte: u8) -> Place {
    match (ended, byte) {
        (3, b'\n') => BEFORE_FRAME,
        (1, b'\n') => Place::Handshake(2),
        (2, b'\r') => Place::Handshake(3),
        (_, b'\r') => Place::Handshake(1),
        _ => Place::Handshake(0),
    }
}

/// The position after a complete header; `None` if bytes are missing.
fn payload_of(header: &[u8]) -> Option<Place> {
    let [_, second, rest @ ..] = header else { return None };
    let wide = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if rest.len() < wide + if second & 0x80 == 0 { 0 } else { 4 } {
        return None;
    }
    let length = match wide {
        0 => u64::from(second & 0x7f),
        wide => rest[..wide].iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
    };
    Some(if length == 0 { BEFORE_FRAME } else { Place::Payload(length) })
}

impl<S> Progress<S> {
    /// Wraps a connection before its handshake.
    pub(super) fn new(stream: S, idle: Duration) -> Progress<S> {
        Progress { stream, place: Place::Handshake(0), idle, stalled: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Progress<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            self.place = self.place.after(&buffer.filled()[before..]);
            self.stalled = None;
            return Poll::Ready(read);
        }
        if !self.place.is_midway() {
            return Poll::Pending;
        }
        let idle = self.idle;
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(idle))).as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, format!("a frame stopped midway for {idle:?}"))))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Progress<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio_tungstenite::tungstenite::protocol::frame::Frame;
    use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 101 X\r\nA: b\r\r\n\r\n";

    #[test]
    fn a_frame_is_midway_from_its_first_byte_to_its_last() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 70_000] {
            let mut frame = Vec::new();
            Frame::message(vec![b'\r'; length], OpCode::Data(Data::Binary), true).format(&mut frame).unwrap();
            let start = Place::Handshake(0).after(HEAD);
            assert!(!start.is_midway());
            assert!((1..frame.len()).all(|cut| start.after(&frame[..cut]).is_midway()), "{length}");
            assert_eq!(start.after(&frame), BEFORE_FRAME, "{length}");
        }
    }

    #[test]
    fn no_declared_length_overflows() {
        let start = Place::Handshake(0).after(HEAD);
        let header = [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255];
        assert_eq!(start.after(&header), Place::Payload(u64::MAX));
        assert_eq!(start.after(&header).after(b"xyz"), Place::Payload(u64::MAX - 3));
    }

    proptest! {
        #[test]
        fn the_place_does_not_depend_on_the_pieces_of_the_bytes(bytes: Vec<u8>, cut: prop::sample::Index) {
            let start = Place::Handshake(0).after(HEAD);
            let (one, other) = bytes.split_at(cut.index(bytes.len() + 1));
            prop_assert_eq!(start.after(one).after(other), start.after(&bytes));
        }
    }
}
