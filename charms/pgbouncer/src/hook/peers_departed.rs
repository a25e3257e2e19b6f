//! `pgb-peers-relation-departed`: a unit leaves.

use juju::{Flow, Status, UnitName};

use crate::error::Error;
use crate::status::NO_LEADER;
use crate::unit::Unit;

/// The leader renews addresses. The others say if the leader is the one that leaves: the next comes at an unknown time. A
/// unit that leaves itself notes it; `other` is then a unit that stays.
pub(crate) fn peers_departed(
    unit: &mut Unit<'_>,
    other: &UnitName,
    departing: Option<&UnitName>,
) -> Result<Flow, Error> {
    if unit.note_departure(departing)? {
        unit.keep_for_clients(other);
        unit.update_clients()?;
        return Ok(Flow::Done);
    }
    if unit.is_leader()? {
        unit.share_leader()?;
        unit.update_clients()?;
        return Ok(Flow::Done);
    }
    if let Some(departing) = departing
        && unit.is_named_leader(departing)?
    {
        unit.set_status(&Status::maintenance(NO_LEADER))?;
    }
    Ok(Flow::Done)
}
