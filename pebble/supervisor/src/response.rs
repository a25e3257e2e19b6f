//! Answers: Pebble's envelope around JSON, its errors, and bodies that are written as they come to be.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use hyper::body::{Frame, SizeHint};
use pebble::plan::quote;
use pebble::types::{ErrorResult, ResponseType};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

/// How many pieces of a body may wait to be sent.
const WAITING: usize = 4;

/// What a request comes to.
pub(crate) type ApiResult = Result<Response<Body>, ApiError>;

/// A request that is refused or failed.
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

    /// The request makes no sense.
    pub(crate) fn bad_request(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, message)
    }

    /// Who asks is nobody, or not enough.
    pub(crate) fn unauthorized() -> ApiError {
        ApiError { kind: "login-required", ..ApiError::new(StatusCode::UNAUTHORIZED, "access denied") }
    }

    /// Who asks may not do this.
    pub(crate) fn forbidden(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, message)
    }

    /// What is asked for isn't there.
    pub(crate) fn not_found(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, message)
    }

    /// There is such a path, but not that to do with it.
    pub(crate) fn method(method: &http::Method) -> ApiError {
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, format!("method {} not allowed", quote(method.as_str())))
    }

    /// The daemon could not do it.
    pub(crate) fn server(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// It took longer than the request allows.
    pub(crate) fn timeout(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, message)
    }

    /// Of this kind and status.
    pub(crate) fn of_kind(kind: &'static str, status: u16, message: impl Into<String>) -> ApiError {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        ApiError { kind, ..ApiError::new(status, message) }
    }

    /// What it says.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    fn envelope(self) -> Envelope<ErrorResult> {
        let result = ErrorResult { message: self.message, kind: self.kind.to_owned(), ..ErrorResult::default() };
        Envelope::new(ResponseType::Error, self.status, result)
    }

    /// As JSON, for an answer that has more in it.
    pub(crate) fn json(self) -> Vec<u8> {
        self.envelope().json()
    }

    /// The fault as the client gets it.
    pub(crate) fn into_response(self) -> Response<Body> {
        self.envelope().into_response()
    }
}

/// Pebble's words around a result, in its order; `pebble::types::Envelope` is the same for reading, with any result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Envelope<T> {
    r#type: ResponseType,
    status_code: u16,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
    result: T,
}

impl<T: Serialize> Envelope<T> {
    fn new(kind: ResponseType, status: StatusCode, result: T) -> Envelope<T> {
        let (status_code, status) = (status.as_u16(), status.canonical_reason().unwrap_or_default());
        Envelope { r#type: kind, status_code, status, change: None, result }
    }

    /// The envelope of what went well.
    pub(crate) fn sync(result: T) -> Envelope<T> {
        Envelope::new(ResponseType::Sync, StatusCode::OK, result)
    }

    /// As JSON. Nothing that is answered can fail to be that: all keys are text.
    pub(crate) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::whole(self.json()));
        *response.status_mut() = StatusCode::from_u16(self.status_code).unwrap_or_default();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// The answer to a request that is done.
#[expect(clippy::unnecessary_wraps, reason = "what handlers end with")]
pub(crate) fn sync(result: impl Serialize) -> ApiResult {
    Ok(Envelope::sync(result).into_response())
}

/// The answer to a request that began a change.
#[expect(clippy::unnecessary_wraps, reason = "what handlers end with")]
pub(crate) fn accepted(change: impl fmt::Display, result: impl Serialize) -> ApiResult {
    let envelope = Envelope::new(ResponseType::Async, StatusCode::ACCEPTED, result);
    Ok(Envelope { change: Some(change.to_string()), ..envelope }.into_response())
}

/// A body that someone writes piece by piece. The writer notices when nobody reads any more.
pub(crate) fn stream(content_type: HeaderValue) -> (mpsc::Sender<Bytes>, Response<Body>) {
    let (pieces, receiver) = mpsc::channel(WAITING);
    let mut response = Response::new(Body { content: Content::Pieces(receiver), at_end: None, busy: None });
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    (pieces, response)
}

/// The body of an answer.
pub(crate) struct Body {
    content: Content,
    at_end: Option<Box<dyn FnOnce()>>,
    busy: Option<Busy>,
}

/// Counts as long as it is there: requests that are being answered.
#[derive(Debug)]
pub(crate) struct Busy(watch::Sender<usize>);

impl Busy {
    /// One more.
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
    /// A body that is there already.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
        Body { content: Content::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty())), at_end: None, busy: None }
    }

    /// Counts as busy until it has been written.
    pub(crate) fn keep_busy(&mut self, busy: Busy) {
        self.busy = Some(busy);
    }

    /// Does something when the body has been written: for one that is there already, at once.
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
