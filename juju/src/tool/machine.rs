//! `unit-get`, `juju-reboot`, `credential-get`: the machine and the cloud beneath the unit.

use super::{Call, Error, HookTools};
use crate::secret::Secret;

pub(super) fn unit_get(tools: &HookTools, key: &str) -> Result<String, Error> {
    tools.ask(Call::new("unit-get").arg(key))
}

pub(super) fn reboot(tools: &HookTools, now: bool) -> Result<(), Error> {
    tools.tell(&Call::new("juju-reboot").flag("--now", now))
}

pub(super) fn credential(tools: &HookTools) -> Result<Secret, Error> {
    let call = Call::new("credential-get").arg("--format=json");
    let answer = String::from_utf8(tools.run(&call)?).map_err(|_| call.nonsense("not text"))?;
    Ok(Secret::from(answer))
}
