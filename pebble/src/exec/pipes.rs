//! Input and outputs of a spawned command as streams of bytes.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::{Sink, SinkExt, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::PIECE;
use super::output::{END, is_end};

pub(super) type MessageSink = Pin<Box<dyn Sink<Message, Error = WsError> + Send>>;
pub(super) type MessageStream = Pin<Box<dyn Stream<Item = Result<Message, WsError>> + Send>>;

/// Input of a command. Its end is sent by [`tokio::io::AsyncWriteExt::shutdown`], or on drop.
///
/// Writing fails with [`io::ErrorKind::BrokenPipe`] once the command has ended.
pub struct ExecStdin {
    /// `None` once the end was sent.
    sink: Option<MessageSink>,
    /// True while the end is on its way.
    is_ending: bool,
}

impl ExecStdin {
    pub(super) fn new(sink: MessageSink) -> ExecStdin {
        ExecStdin { sink: Some(sink), is_ending: false }
    }
}

impl fmt::Debug for ExecStdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecStdin").field("is_open", &self.sink.is_some()).finish()
    }
}

impl AsyncWrite for ExecStdin {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let is_ending = self.is_ending;
        let Some(sink) = self.sink.as_mut().filter(|_| !is_ending) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        // Pongs may fill the write buffer, so flush it first.
        ready!(sink.as_mut().poll_flush(cx)).map_err(broken_pipe)?;
        ready!(sink.as_mut().poll_ready(cx)).map_err(broken_pipe)?;
        let piece = &bytes[..bytes.len().min(PIECE)];
        sink.as_mut().start_send(Message::binary(piece.to_vec())).map_err(broken_pipe)?;
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.sink {
            Some(sink) => sink.as_mut().poll_flush(cx).map_err(broken_pipe),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Sends the end of the input. A command that has ended already needs none.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(sink) = &mut this.sink else { return Poll::Ready(Ok(())) };
        if !this.is_ending {
            let sent = ready!(sink.as_mut().poll_ready(cx)).and_then(|()| sink.as_mut().start_send(Message::text(END)));
            if sent.is_err() {
                this.sink = None;
                return Poll::Ready(Ok(()));
            }
            this.is_ending = true;
        }
        // An error means that the command has ended.
        let _ended = ready!(sink.as_mut().poll_flush(cx));
        this.sink = None;
        Poll::Ready(Ok(()))
    }
}

impl Drop for ExecStdin {
    fn drop(&mut self) {
        let (Some(mut sink), Ok(runtime)) = (self.sink.take(), tokio::runtime::Handle::try_current()) else { return };
        let is_ending = self.is_ending;
        runtime.spawn(async move {
            // Errors mean that the command has ended.
            let _ended = if is_ending { sink.flush().await } else { sink.send(Message::text(END)).await };
        });
    }
}

/// Output or error output of a command, up to its end.
///
/// A read waits for as long as the command is silent; it fails if the daemon dies.
pub struct ExecOutputPipe {
    /// `None` after the end.
    stream: Option<MessageStream>,
    /// Bytes of the last message that are not read yet.
    rest: Bytes,
}

impl ExecOutputPipe {
    pub(super) fn new(stream: MessageStream) -> ExecOutputPipe {
        ExecOutputPipe { stream: Some(stream), rest: Bytes::new() }
    }
}

impl fmt::Debug for ExecOutputPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecOutputPipe").field("is_open", &self.stream.is_some()).finish()
    }
}

impl AsyncRead for ExecOutputPipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(())) };
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(Message::Binary(data))) => self.rest = data,
                Some(Ok(Message::Text(text))) if is_end(&text) => self.stream = None,
                Some(Ok(Message::Close(_))) | None => self.stream = None,
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    self.stream = None;
                    return Poll::Ready(Err(io_error(error)));
                }
            }
        }
        let length = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest[..length]);
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

fn broken_pipe(error: WsError) -> io::Error {
    match error {
        WsError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::BrokenPipe, other),
    }
}

fn io_error(error: WsError) -> io::Error {
    match error {
        WsError::Io(error) => error,
        other => io::Error::new(io::ErrorKind::UnexpectedEof, other),
    }
}
