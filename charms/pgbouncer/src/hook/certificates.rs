//! `certificates-relation-created`, `-changed` and `-broken`: TLS for clients, on every unit for itself.

use interfaces::{Read, certificates};
use juju::{Flow, chain};

use crate::error::Error;
use crate::unit::Unit;

/// Sends the unit's signing request; with a certificate for it, turns TLS on. Waits for the container.
pub(crate) fn certificates_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    let Some(view) = unit.certificates_view()? else { return Ok(Flow::Done) };
    let request = unit.signing_request()?;
    unit.juju.publish(&view, &certificates::request(&view, &request))?;
    match certificates::read(&view, &request) {
        Read::Ready(certificate) => {
            unit.keep_certificate(&certificate)?;
            if take_over(unit)? == Flow::Defer {
                return Ok(Flow::Defer);
            }
            unit.update_clients()?;
            Ok(Flow::Done)
        }
        Read::Invalid { key, why } => {
            tracing::warn!("relation {}: {key}: {why}", view.id);
            Ok(Flow::Done)
        }
        Read::Waiting(_) => {
            tracing::info!("no certificate has this unit's signing request yet");
            Ok(Flow::Done)
        }
        Read::Absent => Ok(Flow::Done),
    }
}

/// Forgets key and certificates, and turns TLS off. The event can't wait: pebble-ready does the same for a container that
/// is away.
pub(crate) fn certificates_broken(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    unit.forget_certificate()?;
    match take_over(unit) {
        Err(Error::Container(error)) => tracing::warn!("{}", chain(&error)),
        other => drop(other?),
    }
    unit.update_clients()?;
    Ok(Flow::Done)
}

/// Writes files and configuration. Before there is a configuration, `start` and pebble-ready do it.
fn take_over(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if !unit.workload.is_reachable()? {
        return Ok(Flow::Defer);
    }
    let Some(document) = unit.document()? else { return Ok(Flow::Done) };
    unit.renew_tls_files()?;
    unit.render(&document)?;
    unit.apply()
}
