//! Handlers of `/v1/checks`: list, start, stop, refresh.

use serde::{Deserialize, Serialize};

use pebble::types::CheckInfo;

use super::{Call, shapes, system};
use crate::check;
use crate::journal::Event;
use crate::response::{ApiError, ApiResult, sync};
use pebble::plan::{quote, shortened};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    action: String,
    checks: Vec<String>,
}

#[derive(Serialize)]
struct Changed {
    changed: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refresh {
    name: String,
}

#[derive(Serialize)]
struct Refreshed {
    info: CheckInfo,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
}

pub(super) async fn list(call: Call) -> ApiResult {
    let level = system::level(&call)?;
    let names = call.query.set("names");
    let wanted = |info: &CheckInfo| {
        (level.is_empty() || info.level == level) && (names.is_empty() || names.contains(&info.name))
    };
    sync(call.daemon.checks.infos().into_iter().filter(wanted).collect::<Vec<_>>())
}

pub(super) async fn act(mut call: Call) -> ApiResult {
    let Act { action, checks } = call.json(&shapes::CHECKS, "data from request body").await?;
    if checks.is_empty() {
        return Err(ApiError::bad_request(format!("must specify checks for {} action", shortened(&action))));
    }
    let changed = match action.as_str() {
        "start" => check::start(&call.daemon, &checks),
        "stop" => {
            for name in &checks {
                let who = format!("{},{}", call.user_name(), shortened(name));
                call.daemon.journal.security(
                    Event::MonitorDisabled,
                    &who,
                    &format!("Stopping check {}", shortened(name)),
                );
            }
            check::stop(&call.daemon, &checks)
        }
        other => return Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    };
    let mut changed = changed.map_err(|why| ApiError::bad_request(format!("cannot {action} checks: {why}")))?;
    changed.sort();
    sync(Changed { changed })
}

pub(super) async fn refresh(mut call: Call) -> ApiResult {
    let Refresh { name } = call.json(&shapes::REFRESH, "data from request body").await?;
    if name.is_empty() {
        return Err(ApiError::bad_request("must specify check name"));
    }
    let refreshed = check::refresh(&call.daemon, &name).await;
    let (info, outcome) =
        refreshed.ok_or_else(|| ApiError::not_found(format!("cannot find check with name {}", quote(&name))))?;
    sync(Refreshed { info, error: outcome.err().unwrap_or_default() })
}
