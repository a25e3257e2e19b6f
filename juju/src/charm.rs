//! The [`Charm`] trait: what an author writes.

use crate::context::Context;
use crate::juju::Juju;
use crate::on::On;

/// A charm. Each dispatch makes a new value and gives it the event.
pub trait Charm: Sized {
    /// The error of its handlers.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The least level [`crate::main`] passes on to Juju's log.
    const LOG_LEVEL: tracing::Level = tracing::Level::INFO;

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
}

#[cfg(test)]
mod tests;
