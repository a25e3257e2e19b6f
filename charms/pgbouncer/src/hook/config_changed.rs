//! `config-changed`: the leader takes over the options; the others follow by the peer databag.

use juju::{Flow, Status, StatusKind, Whose};

use crate::error::Error;
use crate::options::Options;
use crate::unit::Unit;

/// Waits for the configuration, which `start` makes, and for the services.
pub(crate) fn config_changed(unit: &mut Unit<'_>) -> Result<Flow, Error> {
    if !unit.is_leader()? {
        return Ok(Flow::Done);
    }
    let options = match Options::read(unit.juju.options()?) {
        Ok(options) => options,
        Err(invalid) => {
            unit.set_status(&Status::blocked(invalid.to_string()))?;
            return Ok(Flow::Done);
        }
    };
    let mut document = match unit.needed_document()? {
        Ok(document) => document,
        Err(status) => return unit.wait(&status),
    };
    let port = document.listen_port();
    document.set_options(&options);
    unit.render(&document)?;
    if document.listen_port() != port {
        unit.update_clients()?;
    }
    if unit.run_with(&document)? == Flow::Defer {
        return Ok(Flow::Defer);
    }
    if was_invalid(unit)? {
        unit.assess()?;
    }
    Ok(Flow::Done)
}

/// True if the status complains of options that are valid now.
fn was_invalid(unit: &Unit<'_>) -> Result<bool, Error> {
    let status = unit.juju.status(Whose::Unit)?;
    Ok(status.is_some_and(|status| {
        status.kind == StatusKind::Blocked && status.message.starts_with(crate::options::INVALID)
    }))
}
