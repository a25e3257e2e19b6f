//! The only writer to Juju. Writing comes last and loses nothing: Juju keeps what a hook wrote only if the hook succeeds.

use juju::{Juju, Status, StatusKind, Whose};

use crate::action_result::ActionResult;
use crate::conclude::Report;
use crate::steps::Steps;

/// The one early write: before steps that take time the operator is told.
///
/// # Errors
///
/// A hook tool that fails.
pub fn progress(juju: &Juju<'_>, steps: &Steps) -> Result<(), juju::Error> {
    if !steps.holds.is_empty() || !steps.take_time() {
        return Ok(());
    }
    let message = "Preparing service for restart".to_owned();
    status(juju, &Status { kind: StatusKind::Maintenance, message })
}

/// Tells Juju.
///
/// # Errors
///
/// A hook tool that fails.
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
    if !report.remember.is_empty() {
        juju.set_state(&report.remember)?;
    }
    for port in &report.close {
        juju.close_port(port)?;
    }
    for port in &report.open {
        juju.open_port(port)?;
    }
    report.status.as_ref().map_or(Ok(()), |changed| status(juju, changed))
}

/// The unit's status; of the leader also the application's.
fn status(juju: &Juju<'_>, status: &Status) -> Result<(), juju::Error> {
    juju.set_status(Whose::Unit, status)?;
    if juju.is_leader()? { juju.set_status(Whose::App, status) } else { Ok(()) }
}
