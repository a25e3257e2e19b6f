//! Handler of `/v1/signals`.

use pebble::types::SignalsAction;

use super::{Call, shapes};
use crate::response::{ApiError, ApiResult, sync};
use crate::service;

pub(super) async fn send(mut call: Call) -> ApiResult {
    let asked: SignalsAction = call.json(&shapes::SIGNALS, "request body").await?;
    if asked.services.is_empty() {
        return Err(ApiError::bad_request("must specify one or more services"));
    }
    service::signal(&call.daemon, &asked.services, &asked.signal).map_err(ApiError::server)?;
    sync(true)
}
