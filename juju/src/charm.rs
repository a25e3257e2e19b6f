//! The [`Charm`] trait: what an author writes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::juju::Juju;
use crate::on::On;
use crate::stored::Stored;
use crate::tool::Error;

/// A charm. Each dispatch makes a new value and gives it the event.
pub trait Charm: Sized {
    /// The error of its handlers.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The least level [`crate::main()`] passes on to Juju's log.
    const LOG_LEVEL: tracing::Level = tracing::Level::INFO;

    /// True to remember, in the unit's state, the endpoints that have no relation, and ask Juju only about the others: for a
    /// charm with many endpoints of which few are in use. Everything is asked again in `install`, `start`, `upgrade-charm`,
    /// `leader-elected` and `update-status`, for a relation's own hook may be lost (`juju resolved --no-retry`).
    const REMEMBERS_UNRELATED: bool = false;

    /// Makes the charm.
    ///
    /// # Errors
    /// The charm lacks something it requires; the hook fails.
    fn new(setup: &Setup<'_>) -> Result<Self, Self::Error>;

    /// Names the handlers of events.
    fn observe(on: &mut On<Self>);
}

/// Everything a new charm may read.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'j> {
    juju: &'j Juju<'j>,
}

impl<'j> Setup<'j> {
    pub(crate) const fn new(juju: &'j Juju<'j>) -> Self {
        Self { juju }
    }

    /// The hook's environment.
    #[must_use]
    pub const fn context(&self) -> &'j Context {
        self.juju.context
    }

    /// The handle of this dispatch, the same that handlers get.
    #[must_use]
    pub const fn juju(&self) -> &'j Juju<'j> {
        self.juju
    }

    /// The options as a struct; see [`Juju::config`].
    ///
    /// # Errors
    /// An option has another type; or Juju refuses.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.juju.config()
    }

    /// The value that the charm keeps from event to event.
    ///
    /// # Errors
    /// What is stored is not of this type, or the charm asks twice; or Juju refuses.
    pub fn stored<T: Serialize + DeserializeOwned + Default>(&self) -> Result<Stored<T>, Error> {
        self.stored_as("charm")
    }

    /// A value with a name of its own, for a library or the second value of a charm. The name must stay.
    ///
    /// # Errors
    /// As [`Setup::stored`].
    pub fn stored_as<T: Serialize + DeserializeOwned + Default>(&self, name: &str) -> Result<Stored<T>, Error> {
        Stored::read(self.juju, name)
    }
}

#[cfg(test)]
mod tests;
