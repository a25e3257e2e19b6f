//! Handlers of `/v1/identities`.

use std::collections::BTreeMap;

use rustix::process::getuid;
use serde::Deserialize;

use super::{Call, shapes};
use crate::daemon::Daemon;
use crate::identity::{Action, Identities, Identity, changed};
use crate::journal::Event;
use crate::response::{ApiError, ApiResult, sync, sync_nothing};
use pebble::plan::quote;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Act {
    action: String,
    identities: BTreeMap<String, Option<Identity>>,
}

pub(super) async fn list(call: Call) -> ApiResult {
    let masked = call.daemon.store.read(|state| {
        let masked = |(name, identity): (&String, &Identity)| (name.clone(), identity.masked());
        state.identities().iter().map(masked).collect::<Identities>()
    });
    sync(masked)
}

pub(super) async fn act(mut call: Call) -> ApiResult {
    let Act { action, identities } = call.json(&shapes::IDENTITIES, "request body").await?;
    apply(&call.daemon, &call.user_name(), &action, identities)?;
    sync_nothing()
}

/// Replaces the named identities, as a request of the daemon's own user does.
///
/// # Errors
/// An identity is invalid, or contradicts another.
pub(crate) fn replace_identities(daemon: &Daemon, named: BTreeMap<String, Option<Identity>>) -> Result<(), ApiError> {
    apply(daemon, &getuid().as_raw().to_string(), "replace", named)
}

fn apply(
    daemon: &Daemon,
    who: &str,
    action: &str,
    identities: BTreeMap<String, Option<Identity>>,
) -> Result<(), ApiError> {
    for (name, identity) in &identities {
        let wrong = |why| ApiError::bad_request(format!("invalid identity for {}: {why}", quote(name)));
        identity.iter().try_for_each(|identity| identity.validate(name)).map_err(wrong)?;
    }
    let kind = kind(action)?;
    check_nulls(action, kind, &identities)?;
    for (name, identity) in &identities {
        log(daemon, who, kind, name, identity.as_ref());
    }
    daemon.store.write(|state| {
        let identities = changed(state.identities(), kind, identities).map_err(ApiError::bad_request)?;
        state.set_identities(identities);
        Ok(())
    })
}

fn kind(action: &str) -> Result<Action, ApiError> {
    match action {
        "add" => Ok(Action::Add),
        "update" => Ok(Action::Update),
        "replace" => Ok(Action::Replace),
        "remove" => Ok(Action::Remove),
        other => Err(ApiError::bad_request(format!(
            r#"invalid action {}, must be "add", "update", "replace", or "remove""#,
            quote(other)
        ))),
    }
}

fn check_nulls(action: &str, kind: Action, named: &BTreeMap<String, Option<Identity>>) -> Result<(), ApiError> {
    let (unwanted, word) = match kind {
        Action::Add | Action::Update => (named.iter().find(|(_, identity)| identity.is_none()), "must not"),
        Action::Remove => (named.iter().find(|(_, identity)| identity.is_some()), "must"),
        Action::Replace => (None, ""),
    };
    match unwanted {
        Some((name, _)) => Err(ApiError::bad_request(format!(
            "identity value for {} {word} be null for {action} operation",
            quote(name)
        ))),
        None => Ok(()),
    }
}

fn log(daemon: &Daemon, who: &str, kind: Action, name: &str, identity: Option<&Identity>) {
    let journal = daemon.journal;
    match identity {
        None => journal.security(Event::UserDeleted, &format!("{who},{name}"), &format!("Deleting user {name}")),
        Some(Identity { access, .. }) if kind == Action::Add => {
            journal.security(
                Event::UserCreated,
                &format!("{who},{name},{access}"),
                &format!("Creating {access} user {name}"),
            );
        }
        Some(Identity { access, .. }) => {
            journal.security(
                Event::UserUpdated,
                &format!("{who},{name},{access}"),
                &format!("Updating {access} user {name}"),
            );
        }
    }
}
