//! Requests about notices.

use std::time::Duration;

use pebble::plan::quote;
use pebble::types::{NoticeAction, NoticeAdded};

use super::Daemon;
use super::api::{Answer, ApiError, Query, sync};

/// One notice, by its id.
pub(super) fn notice(daemon: &Daemon, id: &str) -> Result<Answer, ApiError> {
    let found = daemon.pebble().notices().into_iter().find(|notice| notice.id == id);
    sync(found.ok_or_else(|| ApiError::new(404, format!("cannot find notice with ID {}", quote(id))))?)
}

pub(super) fn notices(daemon: &Daemon, query: &Query) -> Result<Answer, ApiError> {
    let (kinds, keys, after) = (query.list("types"), query.list("keys"), query.get("after"));
    let all = daemon.pebble().notices().into_iter();
    let wanted = all.filter(|notice| {
        (kinds.is_empty() || kinds.iter().any(|kind| kind == notice.kind.as_str()))
            && (keys.is_empty() || keys.contains(&notice.key))
            && (after.is_empty() || notice.last_repeated.as_str() > after)
    });
    sync(wanted.collect::<Vec<_>>())
}

pub(super) fn notify(daemon: &Daemon, asked: NoticeAction) -> Result<Answer, ApiError> {
    if asked.action != "add" {
        return Err(ApiError::bad_request(format!("invalid action {}", quote(&asked.action))));
    }
    if asked.kind != "custom" {
        return Err(ApiError::bad_request(format!(
            "invalid type {} (can only add \"custom\" notices)",
            quote(&asked.kind)
        )));
    }
    let is_key = asked.key.split_once('/').is_some_and(|(domain, path)| domain.contains('.') && !path.is_empty());
    if !is_key {
        let why = "must be in \"example.com/path\" format";
        return Err(ApiError::bad_request(format!("invalid key {} ({why})", quote(&asked.key))));
    }
    let repeat = asked.repeat_after.parse::<pebble::plan::Span>().ok().map(pebble::plan::Span::to_std);
    let repeat = repeat.filter(|span| *span > Duration::ZERO);
    let id = daemon.pebble().note(&asked.key, asked.data, repeat);
    sync(NoticeAdded { id })
}
