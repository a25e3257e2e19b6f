//! `is-leader`, `status-set`, `status-get`, `application-version-set`, `juju-log`: the unit about itself.

use serde::Deserialize;

use super::{Call, Error, HookTools};
use crate::log::LogLevel;
use crate::owner::Whose;
use crate::status::{Status, StatusKind};

pub(super) fn is_leader(tools: &HookTools) -> Result<bool, Error> {
    tools.ask(Call::new("is-leader"))
}

pub(super) fn set(tools: &HookTools, whose: Whose, status: &Status) -> Result<(), Error> {
    let call = Call::new("status-set").flag("--application", whose == Whose::App);
    tools.tell(&call.operand(status.kind.as_str()).arg(&status.message))
}

/// The unit's status comes alone; the application's comes wrapped.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Answer {
    status: String,
    message: String,
    application_status: Option<Box<Answer>>,
}

pub(super) fn get(tools: &HookTools, whose: Whose) -> Result<Option<Status>, Error> {
    let answer: Answer = tools.ask(Call::new("status-get").flag("--application", whose == Whose::App))?;
    let answer = match answer.application_status {
        Some(inner) => *inner,
        None => answer,
    };
    let kinds = [StatusKind::Active, StatusKind::Waiting, StatusKind::Maintenance, StatusKind::Blocked];
    let kind = kinds.into_iter().find(|kind| kind.as_str() == answer.status);
    Ok(kind.map(|kind| Status { kind, message: answer.message }))
}

pub(super) fn version(tools: &HookTools, version: &str) -> Result<(), Error> {
    tools.tell(&Call::new("application-version-set").operand(version))
}

pub(super) fn log(tools: &HookTools, level: LogLevel, message: &str) -> Result<(), Error> {
    let call = Call::new("juju-log").arg("--log-level").arg(level.as_str()).arg("--");
    tools.tell(&call.hidden(message.to_owned(), "…".to_owned()))
}
