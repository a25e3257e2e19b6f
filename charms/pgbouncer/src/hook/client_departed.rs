//! `database-relation-departed`: a unit of the client leaves, or this one.

use juju::{Flow, UnitName};

use crate::error::Error;
use crate::unit::Unit;

/// Renews connection information. A unit that leaves itself notes it, since its client stays related to the others.
pub(crate) fn client_departed(unit: &mut Unit<'_>, departing: Option<&UnitName>) -> Result<Flow, Error> {
    unit.update_clients()?;
    unit.note_departure(departing)?;
    Ok(Flow::Done)
}
