//! `backend-database-relation-created` and `-changed`: the backend's users, and its servers.
//!
//! Facts decide which of the two happened: a backend whose users are not in the configuration is to be initialised.

use juju::{Flow, Status, chain};

use crate::backend::Backend;
use crate::document::Document;
use crate::error::Error;
use crate::password;
use crate::status::INITIALISING;
use crate::unit::{AuthText, Unit, names};
use crate::workload::Running;

/// The leader asks for a database and a role.
pub(crate) fn backend_created(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.ask_backend()?;
    Ok(Flow::Done)
}

/// Copies the backend's answer, and serves it.
pub(crate) fn backend_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.ask_backend()?;
    unit.follow_backend_tls()?;
    serve(unit)
}

/// Does what the backend's data ask for; also for a new leader.
pub(crate) fn serve(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if !unit.has_credentials()? {
        return Ok(Flow::Done);
    }
    if !unit.is_leader()? {
        return follow(unit);
    }
    match unit.backend()? {
        Some(backend) if unit.workload.is_reachable()? && unit.has_initialised(&backend)? => servers_changed(unit),
        backend => initialise(unit, backend),
    }
}

/// *database-created* on the leader: waits for the services and the backend's data, and for the backend itself.
fn initialise(unit: &mut Unit<'_>, backend: Option<Backend>) -> Result<Flow, Error> {
    unit.set_status(&Status::maintenance(INITIALISING))?;
    if unit.workload.running()? != Running::All {
        return Ok(Flow::Defer);
    }
    let (Some(backend), Some(mut document)) = (backend, unit.document()?) else { return Ok(Flow::Defer) };
    let auth_password = password::draw().map_err(Error::Random)?;
    let accounts = unit.accounts(&backend);
    if let Err(error) = accounts.set_up(&password::verifier(&auth_password), &names(&unit.databases()?)) {
        tracing::warn!("{}", chain(&error));
        return Ok(Flow::Defer);
    }
    unit.renew_auth(&backend, &auth_password)?;
    unit.renew_auth_file()?;
    document.set_users(unit.app(), &backend, &unit.workload.places.auth_file);
    if take_over(unit, &mut document, &backend)? == Flow::Defer {
        return Ok(Flow::Defer);
    }
    unit.assess()?;
    Ok(Flow::Done)
}

/// *endpoints-changed* on the leader. Services that don't run are left to pebble-ready or update-status, which do the same.
pub(crate) fn servers_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if unit.workload.running()? != Running::All {
        return Ok(Flow::Done);
    }
    let (Some(backend), Some(known)) = (unit.backend()?, unit.document()?) else { return Ok(Flow::Done) };
    let mut document = known.clone();
    unit.refresh(&mut document, &backend)?;
    if document == known { Ok(Flow::Done) } else { take_over(unit, &mut document, &backend) }
}

fn take_over(unit: &mut Unit<'_>, document: &mut Document, backend: &Backend) -> Result<Flow, Error> {
    unit.refresh(document, backend)?;
    unit.render(document)?;
    if unit.run_with(document)? == Flow::Defer {
        return Ok(Flow::Defer);
    }
    unit.update_clients()?;
    Ok(Flow::Done)
}

/// *database-created* on another unit: waits for the leader's auth file.
fn follow(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if !unit.is_initialised()? {
        // pebble-ready does it.
        return Ok(Flow::Done);
    }
    if !matches!(unit.auth_text()?, AuthText::Here(_)) {
        return Ok(Flow::Defer);
    }
    unit.renew_auth_file()?;
    if let Some(document) = unit.shared_document()? {
        unit.render(&document)?;
        if unit.run_with(&document)? == Flow::Defer {
            return Ok(Flow::Defer);
        }
    }
    unit.assess()?;
    Ok(Flow::Done)
}
