//! `backend-database-relation-departed`: the last event in which the backend's credentials work.

use juju::{Flow, Relation, Status, UnitName, chain};

use crate::error::Error;
use crate::status::AUTH_USER_STAYS;
use crate::unit::Unit;

/// Removes the charm's users and functions from the backend once its last unit leaves, that is when the relation ends. A
/// unit that leaves itself only notes it, unless it is the last one.
pub(crate) fn backend_departed(
    unit: &mut Unit<'_>,
    relation: &Relation<'_>,
    departing: Option<&UnitName>,
) -> Result<Flow, Error> {
    unit.update_clients()?;
    if unit.note_departure(departing)? && !is_last(unit)? {
        return Ok(Flow::Done);
    }
    if !unit.is_leader()? || !relation.units()?.is_empty() {
        return Ok(Flow::Done);
    }
    let Some(backend) = unit.backend()? else { return Ok(Flow::Done) };
    let databases = unit.database_names()?;
    if let Err(error) = unit.accounts(&backend).tear_down(&databases) {
        tracing::warn!("{}", chain(&error));
        unit.set_status(&Status::blocked(AUTH_USER_STAYS))?;
    }
    Ok(Flow::Done)
}

/// True if the application is planned to have no units.
fn is_last(unit: &Unit<'_>) -> Result<bool, Error> {
    let planned = &unit.juju.goal_state()?.units;
    Ok(planned.values().all(|planned| planned.status == "dying"))
}
