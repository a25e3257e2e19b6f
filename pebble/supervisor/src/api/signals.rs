//! Handler of `/v1/signals`.

use pebble::types::SignalsAction;

use super::Call;
use crate::response::{ApiError, ApiResult, sync};
use crate::service;

pub(super) async fn send(mut call: Call) -> ApiResult {
    let asked: SignalsAction = call.json("request body").await?;
    if asked.services.is_empty() {
        return Err(ApiError::bad_request("must specify one or more services"));
    }
    service::signal(&call.daemon, &asked.services, &asked.signal).map_err(ApiError::server)?;
    sync(true)
}
