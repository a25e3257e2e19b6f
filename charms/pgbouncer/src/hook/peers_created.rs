//! `pgb-peers-relation-created`: the leader publishes what it has.

use juju::Flow;

use crate::error::Error;
use crate::unit::Unit;

/// The leader waits for its configuration, and then for the backend, whose users are published when they are made.
pub(crate) fn peers_created(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.tell_hostname()?;
    if !unit.is_leader()? {
        return Ok(Flow::Done);
    }
    if !unit.workload.is_reachable()? {
        return Ok(Flow::Defer);
    }
    let Some(document) = unit.document()? else { return Ok(Flow::Defer) };
    unit.share_document(&document)?;
    Ok(if unit.ready_backend()?.is_some() { Flow::Done } else { Flow::Defer })
}
