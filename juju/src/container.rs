//! Workload containers: Pebble's client, if Pebble answers. Feature `pebble`.
//!
//! A feature, since it adds this one method and a dependency, and no code of tests: a charm without containers, or with a client
//! of its own, leaves out the megabyte that HTTP costs.

use std::borrow::Borrow;
use std::io;

use pebble::blocking::Client;

use crate::declarations::Thing;
use crate::juju::Juju;
use crate::key;
use crate::tool::Error;

impl Juju<'_> {
    /// Client of the Pebble in a container; `None` if Pebble does not answer yet, which `…-pebble-ready` will tell.
    ///
    /// Pebble is asked once for its version. Each wait of the client is bounded by [`pebble::Limits`]; a Pebble that does not
    /// answer within them counts as absent, with a line in the log.
    ///
    /// ```no_run
    /// # use webcharm_juju::{Error, Juju, Status, Whose, key::Container};
    /// # fn handler(juju: &Juju<'_>) -> Result<(), Error> {
    /// let Some(pebble) = juju.container(Container::named("app"))? else {
    ///     return juju.set_status(Whose::Unit, &Status::waiting("waiting for the container app"));
    /// };
    /// pebble.replan(std::time::Duration::from_secs(30))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Pebble`] if Pebble is there and can't be used, for example since the socket's permissions forbid it.
    pub fn container(&self, container: impl Borrow<key::Container>) -> Result<Option<Client>, Error> {
        let name = container.borrow().name();
        self.context.check(Thing::Container, name)?;
        let client = Client::new(self.context.pebble_socket(name.as_str()));
        match client.system_info() {
            Ok(_) => Ok(Some(client)),
            Err(error) if is_away(&error) => {
                tracing::debug!(container = %name, error = crate::chain(&error), "Pebble is not there");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// True if a later event may find Pebble: the socket has no listener, or the daemon starts or ends.
fn is_away(error: &pebble::Error) -> bool {
    match error {
        pebble::Error::Connect { source, .. } => {
            matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
        }
        pebble::Error::Disconnected { .. } | pebble::Error::Timeout { .. } => true,
        _ => false,
    }
}

impl From<pebble::Error> for Error {
    fn from(source: pebble::Error) -> Self {
        Self::Pebble { source: Box::new(source) }
    }
}

impl From<pebble::plan::Error> for Error {
    fn from(source: pebble::plan::Error) -> Self {
        Self::Layer { source }
    }
}

#[cfg(test)]
mod tests;
