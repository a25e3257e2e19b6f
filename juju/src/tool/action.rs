//! `action-get`, `action-set`, `action-fail`, `action-log`.

use std::collections::BTreeMap;

use super::{Call, Error, HookTools};

pub(super) fn get(tools: &HookTools) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
    tools.ask(Call::new("action-get"))
}

/// Results have no other way than the arguments. Errors show the keys only.
pub(super) fn set(tools: &HookTools, results: &BTreeMap<String, String>) -> Result<(), Error> {
    let argument =
        |call: Call, (key, value): (&String, &String)| call.hidden(format!("{key}={value}"), format!("{key}=***"));
    tools.tell(&results.iter().fold(Call::new("action-set"), argument))
}

pub(super) fn fail(tools: &HookTools, message: &str) -> Result<(), Error> {
    tools.tell(&Call::new("action-fail").operand(message))
}

pub(super) fn log(tools: &HookTools, message: &str) -> Result<(), Error> {
    tools.tell(&Call::new("action-log").operand(message))
}
