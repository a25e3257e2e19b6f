//! `upgrade-charm`: another version of the charm may write other files, and another layer.

use juju::Flow;

use super::{pebble_ready, start};
use crate::error::Error;
use crate::unit::Unit;
use crate::workload::Running;

/// As `start`, and then as pebble-ready if that has run before.
pub(crate) fn upgrade_charm(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    let flow = start(unit)?;
    if flow == Flow::Done && unit.workload.running()? != Running::NotPlanned {
        return pebble_ready(unit);
    }
    Ok(flow)
}
