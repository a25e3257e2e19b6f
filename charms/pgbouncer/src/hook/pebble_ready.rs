//! `pgbouncer-pebble-ready`: writes what a fresh container lacks, and starts the instances.

use juju::{Flow, Status, chain};

use crate::document::Document;
use crate::error::Error;
use crate::status::NOT_RUNNING;
use crate::unit::{Due, Unit};
use crate::workload::Running;

/// Waits for the configuration, which `start` makes; here it is only copied from the peer databag.
pub(crate) fn pebble_ready(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    let mut document = match (unit.needed_document()?, unit.shared_document()?) {
        (Ok(document), _) | (Err(_), Some(document)) => document,
        (Err(status), None) => return unit.wait(&status),
    };
    let is_fresh = unit.workload.running()? == Running::NotPlanned;
    if is_fresh {
        unit.forget_container();
    }
    learn_version(unit)?;
    unit.renew_tls_files()?;
    unit.renew_backend_tls()?;
    follow_servers(unit, &mut document)?;
    unit.render(&document)?;
    unit.renew_auth_file()?;
    begin(unit)?;
    if is_fresh {
        // They have just read everything.
        unit.memory.due = Due::Nothing;
    }
    unit.apply()?;
    match unit.workload.running()? {
        Running::NotPlanned => return unit.wait(&Status::waiting(NOT_RUNNING)),
        Running::All => {
            unit.tell_initialised()?;
            unit.tell_document(&document)?;
        }
        Running::Inactive { .. } | Running::Unreachable => {}
    }
    unit.assess()?;
    Ok(Flow::Done)
}

/// Takes over the backend's servers on the leader: they may have changed while the instances did not run.
fn follow_servers(unit: &Unit<'_>, document: &mut Document) -> Result<(), Error> {
    if unit.is_leader()?
        && let Some(backend) = unit.backend()?
        && document.knows(&backend)
    {
        unit.refresh(document, &backend)?;
    }
    Ok(())
}

/// Asks for the version, on which the instances' documents depend, and tells Juju.
fn learn_version(unit: &mut Unit<'_>) -> Result<(), Error> {
    let version = unit.workload.version()?.unwrap_or_default();
    if !version.is_empty() && version != unit.memory.version {
        unit.juju.set_version(&version)?;
    }
    unit.memory.version = version;
    Ok(())
}

/// Starts the instances. One that fails is the status's business, not an error.
fn begin(unit: &Unit<'_>) -> Result<(), Error> {
    match unit.workload.start() {
        Err(error @ pebble::Error::Change { .. }) => {
            tracing::warn!("{}", chain(&error));
            error.logs().iter().for_each(|line| tracing::warn!("{line}"));
            Ok(())
        }
        other => Ok(other?),
    }
}
