//! One request out, one answer back, over one connection that is kept for the next.
//!
//! What lives here: connecting, reuse, the single retry, deadlines, and telling a daemon that went away from one that
//! talks nonsense. What does not: what requests and answers mean (`client`, `files`, `exec`).
//!
//! A request that did not leave this process, for the kept connection turned out dead, is sent again on a fresh one.
//! One that left but found no answer is sent again only if it is a GET, and only from a kept connection to a fresh one.

use std::future::Future;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::body::Body;
use crate::connect::Connect;
use crate::{Error, Garbage, Limits};

/// The way to one daemon.
pub(crate) struct Wire<C> {
    connect: C,
    pub(crate) limits: Limits,
    kept: Mutex<Option<SendRequest<Body>>>,
    requests: AtomicU64,
}

/// An answer whose body is still to be read.
pub(crate) struct PendingResponse {
    response: Response<Incoming>,
    sender: SendRequest<Body>,
    what: String,
}

impl<C: Connect> Wire<C> {
    pub(crate) fn new(connect: C, limits: Limits) -> Wire<C> {
        Wire { connect, limits, kept: Mutex::new(None), requests: AtomicU64::new(0) }
    }

    /// How many requests left, or tried to.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Counts a request that is made past [`Wire::send`].
    pub(crate) fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection of one's own.
    pub(crate) async fn open(&self) -> Result<C::Stream, Error> {
        let name = self.connect.name();
        within(self.limits.connect, || format!("the connection to {}", name.display()), self.connect.connect())
            .await?
            .map_err(|source| Error::Connect { socket: name.to_owned(), source })
    }

    /// Sends a request that may go over the kept connection, until the head of its answer is there. Has no deadline
    /// besides that for connecting.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<PendingResponse, Error> {
        let what = describe(&request);
        if let Some(mut sender) = self.kept().await {
            let again = request.clone();
            self.count();
            match sender.try_send_request(request.map(Body::whole)).await {
                Ok(response) => return Ok(PendingResponse { response, sender, what }),
                Err(refused) => {
                    let unsent = refused.message().is_some();
                    let error = refused.into_error();
                    let stale = unsent || (again.method() == Method::GET && is_away(&error));
                    if !stale {
                        return Err(broken(&what, error));
                    }
                }
            }
            return self.send_fresh(again.map(Body::whole)).await;
        }
        self.send_fresh(request.map(Body::whole)).await
    }

    /// Sends a request over a connection made for it.
    pub(crate) async fn send_fresh(&self, request: Request<Body>) -> Result<PendingResponse, Error> {
        let what = describe(&request);
        let stream = self.open().await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&what, error))?;
        // Its errors reach us through the sender and the body.
        tokio::spawn(async { connection.await.ok() });
        self.count();
        let response = sender.send_request(request).await.map_err(|error| broken(&what, error))?;
        Ok(PendingResponse { response, sender, what })
    }

    /// The kept connection, if it still lives.
    async fn kept(&self) -> Option<SendRequest<Body>> {
        let mut sender = self.lock().take()?;
        // The connection's task has slept since the last call: it must run to see that the other end hung up.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        sender.is_ready().then_some(())?;
        sender.ready().await.ok()?;
        Some(sender)
    }

    /// The whole body, if it is of the type wanted and within the limit; the connection is kept for the next request.
    pub(crate) async fn collect(&self, answer: PendingResponse, wanted: &'static str) -> Result<Bytes, Error> {
        let PendingResponse { response, sender, what } = answer;
        expect_type(response.headers(), wanted).map_err(|source| Error::garbage(&what, source))?;
        let limit = self.limits.json;
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| broken(&what, error))?.into_data() else { continue };
            if bytes.len() + data.len() > limit {
                return Err(Error::garbage(&what, Garbage::TooLong { limit }));
            }
            bytes.extend_from_slice(&data);
        }
        *self.lock() = Some(sender);
        Ok(bytes.into())
    }

    /// Keeps an answer's connection for the next request, if its body ends here.
    pub(crate) async fn keep(&self, mut answer: PendingResponse) {
        if let Ok(None) = answer.piece(self.limits.idle).await {
            *self.lock() = Some(answer.sender);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<SendRequest<Body>>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl PendingResponse {
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body, waited for no longer than `idle`; `None` at its end.
    pub(crate) async fn piece(&mut self, idle: Duration) -> Result<Option<Bytes>, Error> {
        let PendingResponse { response, what, .. } = self;
        loop {
            let Some(frame) = within(idle, || what.clone(), response.body_mut().frame()).await? else {
                return Ok(None);
            };
            if let Ok(data) = frame.map_err(|error| broken(what, error))?.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

/// The result of `work`, or [`Error::Timeout`] once `limit` has passed.
pub(crate) async fn within<T>(
    limit: Duration,
    what: impl FnOnce() -> String,
    work: impl Future<Output = T>,
) -> Result<T, Error> {
    timeout(limit, work).await.map_err(|_| Error::Timeout { what: what(), after: limit })
}

/// A request's name in errors: its method and path without the query, which may hold names of the user's.
pub(crate) fn describe<B>(request: &Request<B>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

/// The media type of an answer, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).trim().to_ascii_lowercase()
}

fn expect_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Garbage> {
    let got = media_type(headers);
    if got == wanted { Ok(()) } else { Err(Garbage::content_type(&got, wanted)) }
}

/// A connection that broke, as an error: garbage if what came is no HTTP, else the daemon went away.
pub(crate) fn broken(what: &str, error: hyper::Error) -> Error {
    if is_away(&error) {
        Error::Disconnected { what: what.to_owned(), source: Some(Box::new(error)) }
    } else {
        Error::garbage(what, Garbage::Http(Box::new(error)))
    }
}

fn is_away(error: &hyper::Error) -> bool {
    !error.is_parse() && !matches!(io_kind(error), Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
}

/// What the operating system, or the reader of chunks, said underneath.
fn io_kind(error: &hyper::Error) -> Option<io::ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = inner.source();
    }
    None
}
