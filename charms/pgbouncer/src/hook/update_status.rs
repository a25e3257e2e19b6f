//! `update-status`: tells how things are, and on the leader repeats what could not be done before.

use juju::Flow;

use super::{backend_changed, client_broken, client_requested};
use crate::error::Error;
use crate::status::Readiness;
use crate::unit::Unit;

/// The leader's address and the clients' connection information are renewed whatever the status is, and before a container
/// that is away ends the hook: the removal of a leader gives other units no event of its own.
pub(crate) fn update_status(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.share_leader()?;
    unit.update_clients()?;
    let readiness = unit.assess()?;
    if unit.is_leader()? && readiness == Readiness::Ready {
        backend_changed::servers_changed(unit)?;
        client_broken::remove_orphans(unit)?;
        client_requested::serve_waiting(unit)?;
    }
    Ok(Flow::Done)
}
