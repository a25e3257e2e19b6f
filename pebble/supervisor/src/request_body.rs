//! A request's body, whose unread rest is read before the answer is sent, as by Go's server.
//!
//! A client that still sends would otherwise lose its connection, and with it the answer: a chunked body ends with a piece
//! that is often sent after the last one of the contents.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// The most bytes of an unread rest; Go's limit.
const MOST: usize = 256 << 10;

/// The body of a request, lent to its handler.
pub(crate) struct RequestBody {
    incoming: Option<Incoming>,
    owner: Remainder,
}

/// The body again, once the handler has dropped it.
#[derive(Clone, Default)]
pub(crate) struct Remainder(Rc<Cell<Option<Incoming>>>);

impl RequestBody {
    /// The request with its body as a loan.
    pub(crate) fn lend(request: Request<Incoming>) -> (Request<RequestBody>, Remainder) {
        let owner = Remainder::default();
        let lent = owner.clone();
        (request.map(|incoming| RequestBody { incoming: Some(incoming), owner: lent }), owner)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.owner.0.set(self.incoming.take());
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        match &mut self.incoming {
            Some(incoming) => Pin::new(incoming).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Remainder {
    /// Reads what the handler left unread, up to a limit. A handler that works on has the body still.
    pub(crate) async fn drain(&self) {
        let Some(mut incoming) = self.0.take() else { return };
        let mut count = 0;
        while count <= MOST
            && let Some(Ok(frame)) = incoming.frame().await
        {
            count += frame.data_ref().map_or(0, Bytes::len);
        }
    }
}
