//! Requests about checks.

use pebble::plan::quote;
use pebble::types::{ChecksAction, ChecksChanged, RefreshAction};

use super::Daemon;
use super::api::{Answer, ApiError, Query, sync};

pub(super) fn checks(daemon: &Daemon, query: &Query) -> Result<Answer, ApiError> {
    let (level, names) = (query.get("level"), query.list("names"));
    let all = daemon.pebble().checks().into_iter();
    let wanted = all
        .filter(|info| (level.is_empty() || info.level == level) && (names.is_empty() || names.contains(&info.name)));
    sync(wanted.collect::<Vec<_>>())
}

pub(super) fn act(daemon: &Daemon, asked: &ChecksAction) -> Result<Answer, ApiError> {
    if asked.checks.is_empty() {
        return Err(ApiError::bad_request(format!("must specify checks for {} action", asked.action)));
    }
    let is_on = match asked.action.as_str() {
        "start" => true,
        "stop" => false,
        other => return Err(ApiError::bad_request(format!("invalid action {}", quote(other)))),
    };
    let changed = daemon.pebble().switch_checks(&asked.checks, is_on);
    let changed = changed.map_err(|why| ApiError::bad_request(format!("cannot {} checks: {why}", asked.action)))?;
    sync(ChecksChanged { changed })
}

pub(super) fn refresh(daemon: &Daemon, asked: &RefreshAction) -> Result<Answer, ApiError> {
    if asked.name.is_empty() {
        return Err(ApiError::bad_request("must specify check name"));
    }
    let refreshed = daemon.pebble().refresh_check(&asked.name);
    let unknown = || ApiError::new(404, format!("cannot find check with name {}", quote(&asked.name)));
    sync(refreshed.ok_or_else(unknown)?)
}
