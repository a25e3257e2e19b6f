//! Errors of handlers.

use juju::{Flow, Status, Whose, chain};

use crate::postgres::SqlError;
use crate::status::UNAVAILABLE;

/// Error of a handler. Juju's own fails the hook. The others are of a world that comes and goes: the handler waits.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A hook tool failed.
    #[error("cannot talk to Juju")]
    Juju(#[from] juju::Error),
    /// The system gives no random bytes.
    #[error("cannot draw a password: {0}")]
    Random(getrandom::Error),
    /// The unit's key or signing request can't be made.
    #[error("cannot prepare TLS")]
    Identity(#[from] certify::Error),
    /// Pebble can't be reached, or refuses.
    #[error("cannot use the container")]
    Container(#[from] pebble::Error),
    /// The backend can't be reached, or refuses.
    #[error("cannot use the backend")]
    Backend(#[from] SqlError),
}

/// Turns an error of the container or the backend into a status and a deferral; Juju's stays an error.
pub(crate) fn wait_out(result: Result<Flow, Error>, juju: &juju::Juju<'_>) -> Result<Flow, Error> {
    let error = match result {
        Err(error @ (Error::Container(_) | Error::Backend(_))) => error,
        other => return other,
    };
    tracing::warn!("{}", chain(&error));
    if let Error::Container(cause) = &error {
        let message = if cause.is_unreachable() { UNAVAILABLE.to_owned() } else { chain(&error) };
        juju.set_status(Whose::Unit, &Status::waiting(message))?;
    }
    Ok(Flow::Defer)
}
