//! `leader-elected`: a new leader takes over where the last one stopped.

use juju::{Flow, Status, Whose};

use super::{backend_changed, client_broken, client_requested};
use crate::error::Error;
use crate::options::Options;
use crate::status::NO_LEADER;
use crate::unit::Unit;

/// Publishes the leader's address and everything that the last leader may have left undone. Before there is a
/// configuration, the other hooks do all of it.
pub(crate) fn leader_elected(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.share_leader()?;
    unit.ask_backend()?;
    if !unit.has_credentials()? {
        // The last one may have gone while no unit led.
        unit.forget_backend()?;
    }
    unit.update_clients()?;
    let shared = unit.shared_document()?;
    if !unit.workload.is_reachable()? {
        return Ok(if shared.is_some() { Flow::Defer } else { Flow::Done });
    }
    let Some(mut document) = unit.document()? else { return Ok(Flow::Done) };
    // Options that changed while no unit led. Invalid ones are config-changed's to tell.
    if let Ok(options) = Options::read(unit.juju.options()?) {
        document.set_options(&options);
    }
    unit.render(&document)?;
    unit.renew_auth_file()?;
    if unit.run_with(&document)? == Flow::Defer {
        // pebble-ready comes; the backend's and clients' deferred events are this unit's from now on, too.
        return Ok(Flow::Defer);
    }
    if backend_changed::serve(unit)? == Flow::Defer {
        return Ok(Flow::Defer);
    }
    if unit.juju.status(Whose::Unit)? == Some(Status::maintenance(NO_LEADER)) {
        unit.assess()?;
    }
    client_broken::remove_orphans(unit)?;
    client_requested::serve_waiting(unit)
}
