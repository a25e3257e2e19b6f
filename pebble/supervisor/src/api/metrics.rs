//! Handler of `/v1/metrics`.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

use super::Call;
use crate::metrics;
use crate::response::{ApiResult, Body};

pub(super) async fn get(call: Call) -> ApiResult {
    let text = metrics::text(&call.daemon);
    let is_empty = text.is_empty();
    let mut response = Response::new(Body::whole(text));
    if !is_empty {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    }
    Ok(response)
}
