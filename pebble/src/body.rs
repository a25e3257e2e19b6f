//! The body of a request: there at once, or piece by piece while it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;

/// What goes out.
pub(crate) enum Body {
    /// All of it; `None` once sent.
    Whole(Option<Bytes>),
    /// One after the other; the channel's end is the body's end.
    Pieces(mpsc::Receiver<Piece>),
}

/// One piece of a body, or the news that there will be no rest.
pub(crate) enum Piece {
    Data(Bytes),
    /// The connection is to be broken off, so that nobody takes what came so far for the whole.
    Abort,
}

/// Why a body broke off; its reason is told by whoever fed it.
#[derive(Debug, thiserror::Error)]
#[error("the content broke off")]
pub(crate) struct Aborted;

impl Body {
    pub(crate) fn whole(bytes: Bytes) -> Body {
        Body::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// A body and where to put its pieces; one waits at most, so that a file is never held as a whole.
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
