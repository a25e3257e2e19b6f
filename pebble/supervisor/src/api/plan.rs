//! Handlers of `/v1/plan` and `/v1/layers`.

use pebble::plan::{Error, Layer};
use pebble::types::LayersAction;

use super::Call;
use crate::response::{ApiError, ApiResult, sync};
use pebble::plan::{quote, shortened};

pub(super) async fn get(call: Call) -> ApiResult {
    match call.query.get("format") {
        "yaml" => sync(call.daemon.plan.borrow().plan().to_yaml()),
        other => Err(ApiError::bad_request(format!("invalid format {}", quote(other)))),
    }
}

pub(super) async fn add_layer(mut call: Call) -> ApiResult {
    let asked: LayersAction = call.json("request body").await?;
    if asked.action != "add" {
        return Err(ApiError::bad_request(format!("invalid action {}", quote(&asked.action))));
    }
    if asked.label.is_empty() {
        return Err(ApiError::bad_request("label must be set"));
    }
    if asked.format != "yaml" {
        return Err(ApiError::bad_request(format!("invalid format {}", quote(&asked.format))));
    }
    let layer = Layer::parse_labelled(&asked.label, asked.layer.as_bytes());
    let layer = layer.map_err(|error| ApiError::bad_request(format!("cannot parse layer YAML: {error}")))?;
    call.admit("add_layer", &format!("Adding layer {}", shortened(&asked.label)));
    let mut layers = call.daemon.plan.borrow_mut();
    let added = if asked.combine { layers.combine(layer, asked.inner) } else { layers.append(layer, asked.inner) };
    match added {
        Ok(()) => sync(true),
        Err(error @ Error::Inner) => Err(ApiError::server(error.to_string())),
        Err(error) => Err(ApiError::bad_request(error.to_string())),
    }
}
