//! Writes to Juju. This is the last stage, and the only one that writes. Juju discards the writes of a hook that fails.

use juju::{Juju, Status, StatusKind, Whose};

use crate::action_result::ActionResult;
use crate::conclude::Report;
use crate::steps::Steps;

/// Sets a maintenance status before effects that may take long. The only write before the last stage.
///
/// # Errors
///
/// A hook tool failed.
pub fn progress(juju: &Juju<'_>, steps: &Steps) -> Result<(), juju::Error> {
    if !steps.holds.is_empty() || !steps.take_time() {
        return Ok(());
    }
    let message = "Preparing service for restart".to_owned();
    status(juju, &Status { kind: StatusKind::Maintenance, message })
}

/// Writes a report to Juju.
///
/// # Errors
///
/// A hook tool failed.
pub fn to(juju: &Juju<'_>, report: &Report) -> Result<(), juju::Error> {
    for line in &report.log {
        tracing::warn!("{line}");
    }
    match &report.action_result {
        Some(ActionResult::Results(results)) => juju.set_action_results(results)?,
        Some(ActionResult::Failure(why)) => juju.fail_action(why)?,
        None => {}
    }
    for write in &report.databags {
        juju.set_databag(write.relation, write.whose, &write.changes)?;
    }
    juju.set_state(&report.memory.entries())?;
    for port in &report.close {
        juju.close_port(port)?;
    }
    for port in &report.open {
        juju.open_port(port)?;
    }
    report.status.as_ref().map_or(Ok(()), |changed| status(juju, changed))
}

/// Sets the unit's status, and on the leader the application's too.
fn status(juju: &Juju<'_>, status: &Status) -> Result<(), juju::Error> {
    juju.set_status(Whose::Unit, status)?;
    if juju.is_leader()? { juju.set_status(Whose::App, status) } else { Ok(()) }
}
