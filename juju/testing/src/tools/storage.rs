//! storage-list, storage-get, storage-add.

use super::{Invocation, Output};
use crate::model::HookError;
use serde_json::json;

fn usage(message: impl Into<String>) -> HookError {
    HookError::Usage(message.into())
}

pub(super) fn list(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(1)?;
    Ok(Output::list(call.t.storage_ids(call.args().first().map(String::as_str))))
}

pub(super) fn get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.at_most(1)?;
    let storage = call.t.storage(call.flags.get_filled("s"))?;
    let all = json!({"kind": storage.kind, "location": storage.location.display().to_string()});
    match call.args().first() {
        None => Ok(Output::Value(all)),
        Some(key) => {
            let value = all.get(key).cloned();
            value.map(Output::Value).ok_or_else(|| usage(format!("invalid storage attribute \"{key}\"")))
        }
    }
}

pub(super) fn add(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    if call.args().is_empty() {
        return Err(usage("storage add requires a storage directive"));
    }
    for directive in call.args() {
        let (name, count) = directive.split_once('=').unwrap_or((directive, "1"));
        let count = count.parse().ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| usage(format!("cannot parse storage count \"{directive}\"")))?;
        call.t.storage_add(name, count)?;
    }
    Ok(Output::Silent)
}
