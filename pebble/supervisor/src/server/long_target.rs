//! Request lines longer than the HTTP library reads. Its URLs have at most 64 KiB, those of Go's server 1 MiB.
//!
//! A connection's bytes pass through [`Lines`]. Where a request begins, the line is kept back until its end has come; the target
//! of a long one is kept for the handler, and the library reads `/` in its place.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest target that is left to the library; its own limit is a little higher.
const SHORT: usize = 60_000;
/// Longest line that is kept back, Go's limit of a request's head.
const LONGEST: usize = (1 << 20) + 4096;
/// Room for one read.
const PIECE: usize = 8 << 10;

/// A connection's beginning of the next request, shared by its reader and its handler.
#[derive(Clone, Default)]
pub(super) struct Next(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The bytes that come next are not the beginning of a request.
    is_within: bool,
    /// Target of the request whose line was long.
    target: Option<String>,
}

impl Next {
    /// Long target of the request that is handled now.
    pub(super) fn take_target(&self) -> Option<String> {
        self.with(|state| state.target.take())
    }

    /// Says that the request was read to its end.
    pub(super) fn request_ended(&self) {
        self.with(|state| state.is_within = false);
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A connection whose long request lines are shortened.
pub(super) struct Lines<S> {
    stream: S,
    next: Next,
    /// A line that has not come whole.
    kept: BytesMut,
    /// Bytes to hand on before the stream's own.
    ready: Bytes,
}

impl<S> Lines<S> {
    pub(super) fn new(stream: S, next: Next) -> Lines<S> {
        Lines { stream, next, kept: BytesMut::new(), ready: Bytes::new() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lines<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.ready.is_empty() {
            if this.next.with(|state| state.is_within) {
                return Pin::new(&mut this.stream).poll_read(context, into);
            }
            let mut piece = [0; PIECE];
            let mut read = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            let is_end = read.filled().is_empty();
            let searched = this.kept.len();
            this.kept.extend_from_slice(read.filled());
            let is_whole = memchr::memchr(b'\n', &this.kept[searched..]).is_some();
            if is_whole || is_end || this.kept.len() > LONGEST {
                let kept = this.kept.split().freeze();
                let (target, rest) = shorten(kept);
                this.ready = rest;
                this.next.with(|state| (state.is_within, state.target) = (true, target));
                if is_end {
                    break;
                }
            }
        }
        let most = this.ready.len().min(into.remaining());
        into.put_slice(&this.ready[..most]);
        this.ready.advance(most);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lines<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A long target, and the bytes with `/` in its place. Bytes that begin otherwise than with a method, a path and HTTP's version
/// are the library's to refuse.
fn shorten(bytes: Bytes) -> (Option<String>, Bytes) {
    let Some((method, target, rest)) = line(&bytes).filter(|(_, target, _)| target.len() > SHORT) else {
        return (None, bytes);
    };
    let short = [method, b" / ", rest].concat().into();
    (Some(String::from_utf8_lossy(target).into_owned()), short)
}

/// Method, target, and all from the version on, of bytes that begin with a request line.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end = memchr::memchr(b'\n', bytes)?;
    let first = memchr::memchr(b' ', &bytes[..end])?;
    let second = first + 1 + memchr::memchr(b' ', &bytes[first + 1..end])?;
    let target = &bytes[first + 1..second];
    let is_path = target.starts_with(b"/") && target.iter().all(u8::is_ascii_graphic);
    is_path.then_some((&bytes[..first], target, &bytes[second + 1..]))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn long(length: usize) -> String {
        format!("/v1/files?path={}", "a".repeat(length))
    }

    #[test]
    fn only_long_targets_are_replaced() {
        let short = Bytes::from_static(b"GET /v1/services HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(shorten(short.clone()), (None, short));
        let target = long(120_000);
        let bytes = Bytes::from(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(shorten(bytes), (Some(target), Bytes::from_static(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
        for odd in [format!("GET{}\r\n", long(120_000)), format!("GET \u{1}{} HTTP/1.1\r\n", long(120_000))] {
            let odd = Bytes::from(odd);
            assert_eq!(shorten(odd.clone()), (None, odd));
        }
    }

    #[tokio::test]
    async fn every_request_of_a_connection_may_be_long() {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let next = Next::default();
        let mut lines = Lines::new(server, next.clone());
        for length in [100_000, 3, 70_000] {
            let target = long(length);
            client.write_all(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()).await.unwrap();
            let kept = if length > SHORT { "/".to_owned() } else { target.clone() };
            let want = format!("GET {kept} HTTP/1.1\r\n\r\n");
            let mut read = vec![0; want.len()];
            lines.read_exact(&mut read).await.unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), want);
            assert_eq!(next.take_target(), (length > SHORT).then_some(target));
            next.request_ended();
        }
        // Within a request, lines are contents.
        client.write_all(b"PUT / HTTP/1.1\r\n").await.unwrap();
        lines.read_exact(&mut [0; 16]).await.unwrap();
        let contents = format!("GET {} HTTP/1.1\r\n", long(70_000));
        client.write_all(contents.as_bytes()).await.unwrap();
        let mut read = vec![0; contents.len()];
        lines.read_exact(&mut read).await.unwrap();
        assert_eq!(read, contents.as_bytes());
        // An end in the middle of a line is one.
        next.request_ended();
        client.write_all(b"GET /").await.unwrap();
        drop(client);
        let mut rest = String::new();
        lines.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "GET /");
    }
}
