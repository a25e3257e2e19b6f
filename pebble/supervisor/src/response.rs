//! Responses: Pebble's envelope around JSON, its errors, and streamed bodies.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::go_json::encode;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Frame, SizeHint};
use pebble::plan::quote;
use pebble::types::{ErrorResult, ResponseType};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

/// Pieces of a streamed body that may wait to be sent.
const WAITING: usize = 4;

/// Result of a handler.
pub(crate) type ApiResult = Result<Response<Body>, ApiError>;

/// An error of the API: HTTP status, kind and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> ApiError {
        ApiError { status, kind: "", message: message.into() }
    }

    /// 400: an invalid request.
    pub(crate) fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401: unauthenticated, or not allowed.
    pub(crate) fn unauthorized() -> ApiError {
        ApiError { kind: "login-required", ..ApiError::new(StatusCode::UNAUTHORIZED, "access denied") }
    }

    /// 403: not allowed for this user.
    pub(crate) fn forbidden(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, message)
    }

    /// 404: not found.
    pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, message)
    }

    /// 405: the path exists, but does not support this method.
    pub(crate) fn method(method: &http::Method) -> ApiError {
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("method {} not allowed", quote(method.as_str())))
    }

    /// 500: the daemon failed.
    pub(crate) fn server(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// 504: the request's own timeout has passed.
    pub(crate) fn timeout(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, message)
    }

    /// An error with this kind and status.
    pub(crate) fn of_kind(kind: &'static str, status: u16, message: impl Into<String>) -> ApiError {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        ApiError { kind, ..ApiError::new(status, message) }
    }

    /// Text for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn envelope(self) -> Envelope<ErrorResult> {
        let result = ErrorResult { message: self.message, kind: self.kind.to_owned(), ..ErrorResult::default() };
        Envelope::new(ResponseType::Error, self.status, result)
    }

    /// The error's envelope as JSON, to be part of another body.
    pub(crate) fn json(self) -> Vec<u8> {
        self.envelope().json()
    }

    /// The HTTP response of the error.
    pub(crate) fn into_response(self) -> Response<Body> {
        self.envelope().into_response()
    }
}

/// Pebble's envelope for writing, with the fields in its order; `pebble::types::Envelope` is the one for reading.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Envelope<T> {
    r#type: ResponseType,
    status_code: u16,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
}

impl<T: Serialize> Envelope<T> {
    fn new(kind: ResponseType, status: StatusCode, result: T) -> Envelope<T> {
        let (status_code, status) = (status.as_u16(), status.canonical_reason().unwrap_or_default());
        Envelope { r#type: kind, status_code, status, change: None, result: Some(result) }
    }

    /// The envelope of a synchronous result.
    pub(crate) fn sync(result: T) -> Envelope<T> {
        Envelope::new(ResponseType::Sync, StatusCode::OK, result)
    }

    /// The envelope as JSON.
    pub(crate) fn json(&self) -> Vec<u8> {
        encode(self)
    }

    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::whole(self.json()));
        *response.status_mut() = StatusCode::from_u16(self.status_code).unwrap_or_default();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// 200: the result of a finished request.
#[expect(clippy::unnecessary_wraps, reason = "what handlers end with")]
pub(crate) fn sync(result: impl Serialize) -> ApiResult {
    Ok(Envelope::sync(result).into_response())
}

/// 200 without a result.
pub(crate) fn sync_nothing() -> ApiResult {
    Ok(Envelope { result: None, ..Envelope::sync(()) }.into_response())
}

/// A result with another status than 200.
#[expect(clippy::unnecessary_wraps, reason = "what handlers end with")]
pub(crate) fn sync_with(status: StatusCode, result: impl Serialize) -> ApiResult {
    Ok(Envelope::new(ResponseType::Sync, status, result).into_response())
}

/// 202: the change that a request began.
#[expect(clippy::unnecessary_wraps, reason = "what handlers end with")]
pub(crate) fn accepted(change: impl fmt::Display, result: impl Serialize) -> ApiResult {
    let envelope = Envelope::new(ResponseType::Async, StatusCode::ACCEPTED, result);
    Ok(Envelope { change: Some(change.to_string()), ..envelope }.into_response())
}

/// A response whose body is sent through the returned channel. Sending fails once the client has left.
pub(crate) fn stream(content_type: HeaderValue) -> (mpsc::Sender<Bytes>, Response<Body>) {
    let (pieces, receiver) = mpsc::channel(WAITING);
    let mut response = Response::new(Body { content: Content::Pieces(receiver), at_end: None, busy: None });
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    (pieces, response)
}

/// Body of a response.
pub(crate) struct Body {
    content: Content,
    at_end: Option<Box<dyn FnOnce()>>,
    busy: Option<Busy>,
}

/// Guard that counts a request in progress until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy(watch::Sender<usize>);

impl Busy {
    /// Increments the count.
    pub(crate) fn new(count: &watch::Sender<usize>) -> Busy {
        count.send_modify(|count| *count += 1);
        Busy(count.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

enum Content {
    Whole(Option<Bytes>),
    Pieces(mpsc::Receiver<Bytes>),
}

impl Body {
    /// A complete body.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
        Body { content: Content::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty())), at_end: None, busy: None }
    }

    /// Holds the guard until the body has been written.
    pub(crate) fn keep_busy(&mut self, busy: Busy) {
        self.busy = Some(busy);
    }

    /// Calls `act` when the body has been written; for a complete body at once.
    pub(crate) fn at_end(&mut self, act: impl FnOnce() + 'static) {
        match self.content {
            Content::Whole(_) => act(),
            Content::Pieces(_) => self.at_end = Some(Box::new(act)),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(act) = self.at_end.take() {
            act();
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = match &mut self.content {
            Content::Whole(bytes) => Poll::Ready(bytes.take()),
            Content::Pieces(pieces) => pieces.poll_recv(context),
        };
        piece.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Content::Pieces(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    async fn text(answer: ApiResult) -> (u16, String) {
        let response = answer.unwrap_or_else(ApiError::into_response);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn envelopes_are_pebbles() {
        let body = r#"{"type":"sync","status-code":200,"status":"OK","result":true}"#;
        assert_eq!(text(sync(true)).await, (200, body.to_owned()));
        let body = r#"{"type":"async","status-code":202,"status":"Accepted","change":"7","result":null}"#;
        assert_eq!(text(accepted(7, ())).await, (202, body.to_owned()));
        let body = r#"{"type":"error","status-code":401,"status":"Unauthorized","result":{"message":"access denied","kind":"login-required"}}"#;
        assert_eq!(text(Err(ApiError::unauthorized())).await, (401, body.to_owned()));
    }

    #[tokio::test]
    async fn a_streamed_body_tells_its_end() {
        let (pieces, mut response) = stream(HeaderValue::from_static("text/plain"));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        response.body_mut().at_end(move || sender.send(()).unwrap());
        pieces.send(Bytes::from_static(b"a")).await.unwrap();
        drop(pieces);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "a");
        receiver.await.unwrap();
    }
}
