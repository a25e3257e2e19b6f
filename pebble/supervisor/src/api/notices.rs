//! Handlers of `/v1/notices`: list, wait, get, add.

use std::collections::{BTreeMap, BTreeSet};

use pebble::types::{self, NoticeAdded};
use serde::Deserialize;
use tokio::time::timeout;

use super::duration::span;
use super::{Call, limit, shapes};
use crate::access::User;
use crate::clock::{Time, rfc3339};
use crate::go_json::{self, shape::Shape};
use crate::notice::{CUSTOM, Filter, KINDS, Occurrence};
use crate::response::{ApiError, ApiResult, sync};
use crate::state::State;
use pebble::plan::quote;

const LONGEST_KEY: usize = 256;
const MOST_DATA: usize = 4 * 1024;
/// The longest request in bytes: every user of the machine may send one. Escapes make the data at most six times as
/// long.
const LONGEST_REQUEST: usize = 64 * 1024;

pub(super) async fn list(call: Call) -> ApiResult {
    let user = user(&call, "so cannot retrieve notices")?;
    let Some(filter) = filter(&call, &user)? else { return sync(Vec::<types::Notice>::new()) };
    let limit =
        limit(call.query.get("timeout")).map_err(|why| ApiError::bad_request(format!("invalid timeout: {why}")))?;
    let find = |state: &State| -> Vec<types::Notice> {
        state.notices(&filter, Time::now()).into_iter().map(|notice| notice.info()).collect()
    };
    let Some(limit) = limit else { return sync(call.daemon.store.read(find)) };
    let found = call.daemon.store.wait(|state| Some(find(state)).filter(|notices| !notices.is_empty()));
    sync(timeout(limit.to_std(), found).await.unwrap_or_default())
}

/// The user of a request and its id: notices are kept by user id.
fn user(call: &Call, what: &str) -> Result<(User, u32), ApiError> {
    let user = call.user.clone().and_then(|user| user.uid.map(|uid| (user, uid)));
    user.ok_or_else(|| ApiError::forbidden(format!("cannot determine UID of request, {what}")))
}

/// The filter of a request; `None` if it names only types that don't exist.
fn filter(call: &Call, user: &(User, u32)) -> Result<Option<Filter>, ApiError> {
    let asked = call.query.set("types");
    let kinds: BTreeSet<String> = asked.iter().filter(|kind| KINDS.contains(&kind.as_str())).cloned().collect();
    if kinds.is_empty() && !asked.is_empty() {
        return Ok(None);
    }
    let after = match call.query.get("after") {
        "" => None,
        text => {
            let wrong = |why| ApiError::bad_request(format!(r#"invalid "after" timestamp: {why}"#));
            Some(rfc3339::parse(text).map_err(wrong)?)
        }
    };
    Ok(Some(Filter { user_id: whose(call, user)?, kinds, keys: call.query.set("keys"), after }))
}

/// The user whose notices are listed besides the public ones; `None` for all users.
fn whose(call: &Call, (user, uid): &(User, u32)) -> Result<Option<u32>, ApiError> {
    let ids = call.query.list("user-id");
    let (has_id, has_users) = (call.query.all("user-id").next().is_some(), call.query.all("users").next().is_some());
    if has_id && !user.is_admin() {
        return Err(ApiError::forbidden(r#"only admins may use the "user-id" filter"#));
    }
    if has_users && !user.is_admin() {
        return Err(ApiError::forbidden(r#"only admins may use the "users" filter"#));
    }
    let invalid = |why: String| ApiError::bad_request(format!(r#"invalid "user-id" filter: {why}"#));
    match (has_users, ids.as_slice()) {
        (true, _) if has_id => Err(ApiError::bad_request(r#"cannot use both "users" and "user-id" parameters"#)),
        (true, _) if call.query.get("users") == "all" => Ok(None),
        (true, _) => Err(ApiError::bad_request(r#"invalid "users" filter: must be "all""#)),
        (false, [id]) => user_id(id).map(Some).map_err(invalid),
        (false, _) if has_id => Err(invalid(r#"must only include one "user-id""#.to_owned())),
        (false, _) => Ok(Some(*uid)),
    }
}

pub(super) fn user_id(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let why = if is_number { "value out of range" } else { "invalid syntax" };
    let id: i64 = text.parse().map_err(|_| format!("strconv.ParseInt: parsing {}: {why}", quote(text)))?;
    u32::try_from(id).map_err(|_| format!("user ID is not a valid uint32: {id}"))
}

/// Body of a request; `data` is JSON as text.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Add {
    action: String,
    #[serde(rename = "type")]
    kind: String,
    key: String,
    repeat_after: String,
    data: String,
}

/// The data of a notice: a text that is JSON itself.
pub(super) const DATA: Shape = Shape::Map(&Shape::Text);

pub(super) async fn add(mut call: Call) -> ApiResult {
    let (_, uid) = user(&call, "so cannot create notice")?;
    let asked: Add = call.json_within(LONGEST_REQUEST, &shapes::NOTICE, "request body").await?;
    check(&asked)?;
    let repeat_after =
        span(&asked.repeat_after).map_err(|why| ApiError::bad_request(format!("invalid repeat-after: {why}")))?;
    if asked.data.len() > MOST_DATA {
        return Err(ApiError::bad_request(format!("total size of data must be {MOST_DATA} bytes or less")));
    }
    let data =
        if asked.data.is_empty() { Ok(BTreeMap::new()) } else { go_json::decode_as(asked.data.as_bytes(), DATA) };
    let data = data.map_err(|why| ApiError::bad_request(format!("cannot decode notice data: {why}")))?;
    let occurrence = Occurrence { user_id: Some(uid), kind: CUSTOM.to_owned(), key: asked.key, data, repeat_after };
    sync(NoticeAdded { id: call.daemon.store.write(|state| state.notify(occurrence, Time::now())) })
}

fn check(asked: &Add) -> Result<(), ApiError> {
    let wrong = if asked.action != "add" {
        format!("invalid action {}", quote(&asked.action))
    } else if asked.kind != CUSTOM {
        format!(r#"invalid type {} (can only add "custom" notices)"#, quote(&asked.kind))
    } else if !is_key(&asked.key) {
        format!(r#"invalid key {} (must be in "example.com/path" format)"#, quote(&asked.key))
    } else if asked.key.len() > LONGEST_KEY {
        format!("key must be {LONGEST_KEY} bytes or less")
    } else {
        return Ok(());
    };
    Err(ApiError::bad_request(wrong))
}

/// True for a domain of two or more names followed by a path.
fn is_key(key: &str) -> bool {
    let is_name = |name: &str| {
        name.split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
    };
    let Some((domain, path)) = key.split_once('/') else { return false };
    domain.contains('.') && domain.split('.').all(is_name) && path.split('/').all(is_name)
}

pub(super) async fn get(call: Call) -> ApiResult {
    let (user, uid) = user(&call, "so cannot retrieve notice")?;
    let id = call.param(0);
    let notice = call.daemon.store.read(|state| state.notice(id).map(|notice| notice.info()));
    let notice = notice.ok_or_else(|| ApiError::not_found(format!("cannot find notice with ID {}", quote(id))))?;
    if user.is_admin() || notice.user_id.is_none_or(|owner| owner == uid) {
        return sync(notice);
    }
    Err(ApiError::forbidden(format!("not allowed to access notice with id {}", quote(id))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_like_addresses() {
        for key in ["example.com/a", "a.b.c/d/e-f", "1.2/3"] {
            assert!(is_key(key), "{key}");
        }
        for key in
            ["", "example.com", "example.com/", "example/a", "Example.com/a", "a.b//c", "a-.b/c", ".b/c", "a.b/c_d"]
        {
            assert!(!is_key(key), "{key}");
        }
    }
}
