//! Handlers of `/v1/system-info` and `/v1/health`.

use pebble::types::{Health, SystemInfo};

use super::Call;
use crate::daemon::VERSION;
use crate::response::{ApiError, ApiResult, sync};

pub(super) async fn info(call: Call) -> ApiResult {
    sync(SystemInfo {
        boot_id: call.daemon.boot_id.clone(),
        http_address: call.daemon.http_address.clone(),
        https_address: None,
        version: VERSION.to_owned(),
    })
}

/// Always healthy: the daemon runs no checks.
pub(super) async fn health(call: Call) -> ApiResult {
    level(&call)?;
    sync(Health { healthy: true })
}

/// The level of checks that a request names; empty for all.
pub(super) fn level(call: &Call) -> Result<&str, ApiError> {
    match call.query.get("level") {
        level @ ("" | "alive" | "ready") => Ok(level),
        _ => Err(ApiError::bad_request(r#"level must be "alive" or "ready""#)),
    }
}
