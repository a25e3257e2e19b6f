//! Handlers of `/v1/system-info` and `/v1/health`.

use http::StatusCode;
use pebble::plan::CheckLevel;
use pebble::types::{Health, SystemInfo};

use super::Call;
use crate::daemon::VERSION;
use crate::response::{ApiError, ApiResult, sync, sync_with};

pub(super) async fn info(call: Call) -> ApiResult {
    sync(SystemInfo {
        boot_id: call.daemon.boot_id.clone(),
        http_address: call.daemon.http_address.clone(),
        https_address: call.daemon.https_address.clone(),
        version: VERSION.to_owned(),
    })
}

/// 502 if a check is down. Checks of level `alive` count for `ready` too.
pub(super) async fn health(call: Call) -> ApiResult {
    let level = level(&call)?;
    let names = call.query.set("names");
    let healthy = call.daemon.checks.is_healthy(|name, of| {
        let counts = level.is_empty() || of.as_str() == level || (level == "ready" && *of == CheckLevel::Alive);
        counts && (names.is_empty() || names.contains(name))
    });
    let status = if healthy { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    sync_with(status, Health { healthy })
}

/// Never reached: no pairing window is ever open.
pub(super) async fn pair(_: Call) -> ApiResult {
    Err(ApiError::unauthorized())
}

/// The level of checks that a request names; empty for all.
pub(super) fn level(call: &Call) -> Result<&str, ApiError> {
    match call.query.get("level") {
        level @ ("" | "alive" | "ready") => Ok(level),
        _ => Err(ApiError::bad_request(r#"level must be "alive" or "ready""#)),
    }
}
