//! Handlers of `/v1/changes`: list, get, wait, abort.

use pebble::types::ChangeAction;
use tokio::time::timeout;

use super::{Call, limit, shapes};
use crate::change::Change;
use crate::clock::Time;
use crate::response::{ApiError, ApiResult, sync};
use crate::runner;
use crate::task::Id;
use pebble::plan::quote;

pub(super) async fn list(call: Call) -> ApiResult {
    let ready = match call.query.get("select") {
        "" | "in-progress" => Some(false),
        "ready" => Some(true),
        "all" => None,
        _ => return Err(ApiError::bad_request("select should be one of: all,in-progress,ready")),
    };
    let service = call.query.get("for");
    let infos: Vec<_> = call.daemon.store.read(|state| {
        let selected =
            state.changes().filter(|change| ready.is_none_or(|ready| state.status(change).is_ready() == ready));
        let concerned = selected.filter(|change| service.is_empty() || concerns(&call, change, service));
        concerned.map(|change| state.info(change)).collect()
    });
    sync(infos)
}

fn concerns(call: &Call, change: &Change, service: &str) -> bool {
    change.concerns(service).unwrap_or_else(|| {
        call.daemon.journal.note(&format!("Cannot get service-name for change {}", change.id));
        false
    })
}

pub(super) async fn get(call: Call) -> ApiResult {
    let id = find(&call)?;
    info(&call, id)
}

pub(super) async fn wait(call: Call) -> ApiResult {
    let id = find(&call)?;
    let limit =
        limit(call.query.get("timeout")).map_err(|why| ApiError::bad_request(format!("invalid timeout: {why}")))?;
    let ready = call.daemon.store.wait(|state| state.is_ready(id).then_some(()));
    match limit {
        None => ready.await,
        Some(limit) => timeout(limit.to_std(), ready)
            .await
            .map_err(|_| ApiError::timeout(format!("timed out waiting for change after {limit}")))?,
    }
    info(&call, id)
}

pub(super) async fn act(mut call: Call) -> ApiResult {
    let id = find(&call)?;
    let ChangeAction { action } = call.json(&shapes::CHANGE, "data from request body").await?;
    if action != "abort" {
        return Err(ApiError::bad_request(format!("invalid action {}", quote(&action))));
    }
    if call.daemon.store.read(|state| state.is_ready(id)) {
        return Err(ApiError::bad_request(format!("cannot abort change {id} with nothing pending")));
    }
    call.daemon.store.write(|state| state.abort(id, Time::now()));
    let answer = info(&call, id);
    runner::ensure(&call.daemon);
    answer
}

fn find(call: &Call) -> Result<Id, ApiError> {
    let id = Id::parse(call.param(0)).filter(|id| call.daemon.store.read(|state| state.change(*id).is_some()));
    id.ok_or_else(|| ApiError::not_found(format!("cannot find change with id {}", quote(call.param(0)))))
}

fn info(call: &Call, id: Id) -> ApiResult {
    let info = call.daemon.store.read(|state| state.change(id).map(|change| state.info(change)));
    // The change may have been pruned during the wait.
    sync(info.ok_or_else(|| ApiError::not_found(format!("cannot find change with id {}", quote(call.param(0)))))?)
}
