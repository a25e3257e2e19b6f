//! `start`: finds or makes the configuration, and writes it.

use juju::{Flow, Status};

use crate::document::Document;
use crate::error::Error;
use crate::status::{NO_CONFIGURATION, NO_CONTAINER};
use crate::unit::Unit;

/// Waits for the container, and on other units than the leader for the leader's configuration.
pub(crate) fn start(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if !unit.workload.is_reachable()? {
        return unit.wait(&Status::waiting(NO_CONTAINER));
    }
    let document = match find(unit)? {
        Some(document) => document,
        None if unit.is_leader()? => match unit.generate()? {
            Ok(document) => document,
            Err(status) => return unit.wait(&status),
        },
        None => return unit.wait(&Status::waiting(NO_CONFIGURATION)),
    };
    unit.render(&document)?;
    renew(unit, document)?;
    Ok(Flow::Done)
}

/// The document in the container, else that in the peer databag.
fn find(unit: &mut Unit<'_>) -> Result<Option<Document>, Error> {
    match unit.document()? {
        Some(document) => Ok(Some(document)),
        None => unit.shared_document(),
    }
}

/// The leader's databases and its clients' connection information, if there is a backend. Instances that aren't planned
/// are left to pebble-ready.
fn renew(unit: &mut Unit<'_>, mut document: Document) -> Result<(), Error> {
    if !unit.is_leader()? {
        return Ok(());
    }
    let Some(backend) = unit.backend()? else { return Ok(()) };
    if document.knows(&backend) {
        unit.refresh(&mut document, &backend)?;
        unit.render(&document)?;
        unit.apply()?;
    }
    unit.update_clients()
}
