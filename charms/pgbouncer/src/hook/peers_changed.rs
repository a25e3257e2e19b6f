//! `pgb-peers-relation-joined` and `-changed`, and `secret-changed`: units follow their leader.

use juju::Flow;

use super::backend_changed;
use crate::error::Error;
use crate::unit::Unit;

/// The leader publishes; the others take over. They wait for the container, and for the services.
pub(crate) fn peers_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.tell_hostname()?;
    unit.update_clients()?;
    if !unit.workload.is_reachable()? {
        return Ok(Flow::Defer);
    }
    if unit.is_leader()? {
        let Some(document) = unit.document()? else { return Ok(Flow::Defer) };
        unit.share_document(&document)?;
        return Ok(Flow::Done);
    }
    follow(unit)
}

fn follow(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    let document = unit.shared_document()?;
    if let Some(document) = &document {
        unit.render(document)?;
        unit.renew_auth_file()?;
    }
    let flow = unit.apply()?;
    if let (Flow::Done, Some(document)) = (flow, &document) {
        unit.tell_document(document)?;
    }
    Ok(flow)
}

/// A new revision of the application's secret changes the auth file; one of the backend's may complete its data.
pub(crate) fn secret_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.follow_backend_tls()?;
    let flow = peers_changed(unit)?;
    let backend = unit.backend()?;
    match backend {
        Some(backend) if flow == Flow::Done && !unit.has_initialised(&backend)? => backend_changed(unit),
        _ => Ok(flow),
    }
}
