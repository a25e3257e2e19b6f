//! `pgb-peers-relation-joined` and `-changed`, and `secret-changed`: units follow their leader.

use juju::Flow;

use super::backend_changed;
use crate::error::Error;
use crate::unit::Unit;

/// The leader publishes; the others take over. They wait for the container, and for the services.
pub(crate) fn peers_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if renew_addresses(unit)? { publish_or_follow(unit) } else { Ok(Flow::Defer) }
}

/// Renews what needs no container. True if there is one.
fn renew_addresses(unit: &mut Unit<'_>) -> Result<bool, Error> {
    unit.tell_hostname()?;
    unit.update_clients()?;
    Ok(unit.workload.is_reachable()?)
}

fn publish_or_follow(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if unit.is_leader()? {
        let Some(document) = unit.document()? else { return Ok(Flow::Defer) };
        unit.share_document(&document)?;
        return Ok(Flow::Done);
    }
    follow(unit)
}

fn follow(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    let Some(document) = unit.shared_document()? else { return unit.apply() };
    unit.render(&document)?;
    unit.renew_auth_file()?;
    unit.run_with(&document)
}

/// A new revision of the application's secret changes the auth file; one of the backend's may complete its data.
pub(crate) fn secret_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if !renew_addresses(unit)? {
        return Ok(Flow::Defer);
    }
    unit.follow_backend_tls()?;
    if publish_or_follow(unit)? == Flow::Defer {
        return Ok(Flow::Defer);
    }
    match unit.backend()? {
        Some(backend) if !unit.has_initialised(&backend)? => backend_changed(unit),
        _ => Ok(Flow::Done),
    }
}
