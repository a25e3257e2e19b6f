//! Bodies of requests: complete, or streamed piece by piece.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

/// Body of a request.
pub(crate) enum Body {
    /// A complete body; `None` once sent.
    Whole(Option<Bytes>),
    /// A streamed body, which ends when the channel is closed.
    Pieces(mpsc::Receiver<Piece>),
}

/// A message to a streamed body.
pub(crate) enum Piece {
    Data(Bytes),
    /// Break off the connection, so that the daemon doesn't take the pieces so far for the whole body.
    Abort,
}

/// Error of an aborted body. The function that feeds the body reports the cause.
#[derive(Debug, thiserror::Error)]
#[error("the content broke off")]
pub(crate) struct Aborted;

impl Body {
    pub(crate) fn whole(bytes: Bytes) -> Body {
        Body::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// A streamed body and the sender of its pieces. At most one piece waits, so that a file is never in memory as a
    /// whole.
    pub(crate) fn pieces() -> (mpsc::Sender<Piece>, Body) {
        let (sender, receiver) = mpsc::channel(1);
        (sender, Body::Pieces(receiver))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        match &mut *self {
            Body::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Body::Pieces(receiver) => receiver.poll_recv(cx).map(|piece| {
                piece.map(|piece| match piece {
                    Piece::Data(bytes) => Ok(Frame::data(bytes)),
                    Piece::Abort => Err(Aborted),
                })
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Body::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Body::Pieces(_) => SizeHint::default(),
        }
    }
}
