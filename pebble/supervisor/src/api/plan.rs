//! Handlers of `/v1/plan` and `/v1/layers`.

use pebble::plan::{Error, Layer};
use pebble::types::LayersAction;

use super::{Call, shapes};
use crate::check;
use crate::daemon::Daemon;
use crate::forward;
use crate::layers;
use crate::response::{ApiError, ApiResult, sync};
use pebble::plan::{quote, shortened};

pub(super) async fn get(call: Call) -> ApiResult {
    match call.query.get("format") {
        "yaml" => sync(call.daemon.plan.borrow().plan().to_yaml()),
        other => Err(ApiError::bad_request(format!("invalid format {}", quote(other)))),
    }
}

pub(super) async fn add_layer(mut call: Call) -> ApiResult {
    let asked: LayersAction = call.json(&shapes::LAYERS, "request body").await?;
    if asked.action != "add" {
        return Err(ApiError::bad_request(format!("invalid action {}", quote(&asked.action))));
    }
    if asked.label.is_empty() {
        return Err(ApiError::bad_request("label must be set"));
    }
    if asked.format != "yaml" {
        return Err(ApiError::bad_request(format!("invalid format {}", quote(&asked.format))));
    }
    let layer = layers::parse(&asked.label, asked.layer.as_bytes());
    let layer = layer.map_err(|error| ApiError::bad_request(format!("cannot parse layer YAML: {error}")))?;
    call.admit("add_layer", &format!("Adding layer {}", shortened(&asked.label)));
    match added(&call.daemon, layer, asked.combine, asked.inner) {
        Ok(()) => {
            check::plan_changed(&call.daemon);
            forward::plan_changed(&call.daemon);
            sync(true)
        }
        Err(error @ Error::Inner) => Err(ApiError::server(error.to_string())),
        Err(error) => Err(ApiError::bad_request(error.to_string())),
    }
}

fn added(daemon: &Daemon, layer: Layer, combine: bool, inner: bool) -> Result<(), Error> {
    layers::check_workloads(&layer)?;
    let mut layers = daemon.plan.borrow_mut();
    if combine { layers.combine(layer, inner) } else { layers.append(layer, inner) }
}
