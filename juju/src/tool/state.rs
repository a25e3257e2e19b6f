//! `state-get`, `state-set`, `state-delete`: what Juju keeps for this unit from hook to hook.

use std::collections::BTreeMap;

use super::text::yaml;
use super::{Call, Error, HookTools};

pub(super) fn get(tools: &HookTools) -> Result<BTreeMap<String, String>, Error> {
    tools.ask(Call::new("state-get"))
}

pub(super) fn set(tools: &HookTools, changes: &BTreeMap<String, String>) -> Result<(), Error> {
    tools.tell(&Call::new("state-set").arg("--file").arg("-").stdin(yaml(changes)))
}

pub(super) fn delete(tools: &HookTools, key: &str) -> Result<(), Error> {
    tools.tell(&Call::new("state-delete").operand(key))
}
