//! `database-relation-departed`: a unit of the client leaves, or this one.

use juju::{Flow, Relation, UnitName};

use crate::error::Error;
use crate::unit::{Unit, departing_flag};

/// Renews connection information. A unit that leaves itself notes it, since its client stays related to the others.
pub(crate) fn client_departed(
    unit: &mut Unit<'_>,
    relation: &Relation<'_>,
    departing: Option<&UnitName>,
) -> Result<Flow, Error> {
    unit.update_clients()?;
    if departing == Some(&unit.juju.context.unit) {
        unit.tell([(&departing_flag(relation.endpoint(), relation.id()), "true".to_owned())])?;
    }
    Ok(Flow::Done)
}
