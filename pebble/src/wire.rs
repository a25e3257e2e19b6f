//! HTTP requests and answers over one connection, which is kept for the next request.
//!
//! This module has connecting, reuse, the single retry, timeouts, and the distinction of a daemon that died from one
//! that breaks the protocol. The meaning of requests and answers is in `client`, `files` and `exec`.
//!
//! A request that was not sent because the kept connection was dead is sent over a new one. A request that was sent
//! without an answer is repeated only if it is a GET, and only once, over a new connection.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::body::Body;
use crate::connect::Connect;
use crate::{Error, Garbage, Limits};

/// Connections to one daemon.
pub(crate) struct Wire<C> {
    connect: C,
    pub(crate) limits: Limits,
    kept: Mutex<Option<SendRequest<Body>>>,
    requests: AtomicU64,
}

/// The head of an answer that is waited for.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<PendingResponse, Error>> + Send>>;

/// An HTTP response whose body is not read yet.
pub(crate) struct PendingResponse {
    response: Response<Incoming>,
    sender: SendRequest<Body>,
    what: String,
}

impl<C: Connect> Wire<C> {
    pub(crate) fn new(connect: C, limits: Limits) -> Wire<C> {
        Wire { connect, limits, kept: Mutex::new(None), requests: AtomicU64::new(0) }
    }

    /// Name of the daemon's end.
    pub(crate) fn name(&self) -> &Path {
        self.connect.name()
    }

    /// Number of requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Counts a request that is made past [`Wire::send`].
    pub(crate) fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Opens a new connection.
    pub(crate) async fn open(&self) -> Result<C::Stream, Error> {
        let name = self.connect.name();
        within(self.limits.connect, || format!("the connection to {}", name.display()), self.connect.connect())
            .await?
            .map_err(|source| Error::Connect { socket: name.to_owned(), source })
    }

    /// Sends a request, over the kept connection if there is one, and waits for the head of the answer. The only
    /// timeout is that for connecting.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<PendingResponse, Error> {
        let what = describe(&request);
        if let Some(mut sender) = self.kept().await {
            let again = request.clone();
            self.count();
            let mut request = request.map(Body::whole);
            self.authorize(&mut request);
            match sender.try_send_request(request).await {
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

    /// Sends a request over a new connection.
    pub(crate) async fn send_fresh(&self, request: Request<Body>) -> Result<PendingResponse, Error> {
        self.begin_fresh(request).await?.await
    }

    /// Begins a request over a new connection; the returned future waits for the head of the answer.
    pub(crate) async fn begin(&self, request: Request<Bytes>) -> Result<Answering, Error> {
        self.begin_fresh(request.map(Body::whole)).await
    }

    async fn begin_fresh(&self, mut request: Request<Body>) -> Result<Answering, Error> {
        self.authorize(&mut request);
        let what = describe(&request);
        let stream = self.open().await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&what, error))?;
        // Its errors surface in the sender and the body.
        tokio::spawn(async { connection.await.ok() });
        self.count();
        let response = sender.send_request(request);
        Ok(Box::pin(async move {
            let response = response.await.map_err(|error| broken(&what, error))?;
            Ok(PendingResponse { response, sender, what })
        }))
    }

    /// Adds the client's authorization to a request, if the connector has one.
    pub(crate) fn authorize<B>(&self, request: &mut Request<B>) {
        if let Some(value) = self.connect.authorization() {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
    }

    /// The kept connection, if it is still alive.
    async fn kept(&self) -> Option<SendRequest<Body>> {
        let mut sender = self.lock().take()?;
        // The connection's task has slept since the last call: it must run to see that the daemon closed it.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        sender.is_ready().then_some(())?;
        sender.ready().await.ok()?;
        Some(sender)
    }

    /// Reads the whole body, which must have the wanted type and be within the limit; keeps the connection for the next
    /// request.
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

    /// Keeps an answer's connection for the next request, if its body has ended.
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

    /// The next piece of the body, which must arrive within `idle`; `None` at its end.
    pub(crate) async fn piece(&mut self, idle: Duration) -> Result<Option<Bytes>, Error> {
        let PendingResponse { response, what, .. } = self;
        within(idle, || what.clone(), piece(response, what)).await?
    }

    /// The next piece of the body, without a limit on the wait; `None` at its end.
    pub(crate) async fn next_piece(&mut self) -> Result<Option<Bytes>, Error> {
        piece(&mut self.response, &self.what).await
    }
}

async fn piece(response: &mut Response<Incoming>, what: &str) -> Result<Option<Bytes>, Error> {
    loop {
        let Some(frame) = response.body_mut().frame().await else { return Ok(None) };
        if let Ok(data) = frame.map_err(|error| broken(what, error))?.into_data() {
            return Ok(Some(data));
        }
    }
}

/// The result of `work`, or [`Error::Timeout`] after `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    what: impl FnOnce() -> String,
    work: impl Future<Output = T>,
) -> Result<T, Error> {
    timeout(limit, work).await.map_err(|_| Error::Timeout { what: what(), after: limit })
}

/// Name of a request in errors: method and path, without the query, which may hold private names.
pub(crate) fn describe<B>(request: &Request<B>) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

/// Media type of an answer, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    String::from_utf8_lossy(&value[..end]).trim().to_ascii_lowercase()
}

fn expect_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Garbage> {
    let got = media_type(headers);
    if got == wanted { Ok(()) } else { Err(Garbage::content_type(&got, wanted)) }
}

/// Converts a connection's error: a protocol violation if the bytes are not HTTP, otherwise a daemon that died.
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

/// Kind of the underlying I/O error, if there is one.
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
