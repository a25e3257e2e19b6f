//! action-get, action-set, action-fail, action-log, and juju-log.

use super::{Invocation, Output};
use crate::model::HookError;
use juju::LogLevel;
use serde_json::Value;

pub(super) fn get(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    let params = Value::Object(call.t.action_params()?);
    let Some(path) = call.args().first() else { return Ok(Output::Value(params)) };
    let value = path.split('.').try_fold(&params, |value, key| value.as_object()?.get(key));
    Ok(Output::Value(value.cloned().unwrap_or_default()))
}

pub(super) fn set(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.t.action_params()?;
    for arg in call.args() {
        let pair = arg.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) =
            pair.ok_or_else(|| HookError::Usage(format!("argument \"{arg}\" must be of the form key...=value")))?;
        call.t.action_set(key, value)?;
    }
    Ok(Output::Silent)
}

pub(super) fn fail(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.t.action_params()?;
    call.at_most(1)?;
    let reason = call.args().first().map_or("action failed without reason given, check action for errors", |arg| arg);
    call.t.action_fail(reason)?;
    Ok(Output::Silent)
}

pub(super) fn log(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    call.t.action_log(&call.args().join(" "))?;
    Ok(Output::Silent)
}

pub(super) fn juju_log(call: &mut Invocation<'_, '_>) -> Result<Output, HookError> {
    if call.args().is_empty() {
        return Err(HookError::Usage("no message specified".to_owned()));
    }
    let word = call.flags.get("log-level").unwrap_or(if call.flags.is_on("debug") { "DEBUG" } else { "INFO" });
    let level = match word.to_uppercase().as_str() {
        "TRACE" => LogLevel::Trace,
        "DEBUG" => LogLevel::Debug,
        "WARNING" => LogLevel::Warning,
        "ERROR" | "CRITICAL" => LogLevel::Error,
        _ => LogLevel::Info,
    };
    call.t.juju_log(level, &call.args().join(" "));
    Ok(Output::Silent)
}
