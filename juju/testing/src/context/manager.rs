//! A run in steps: the test looks at the charm before its event and after it.

use super::RunError;
use juju::{Charm, Dispatch, Juju};

/// A charm that was made and has not got its event yet; see [`Context::manager`](crate::Context::manager).
#[derive(Debug)]
pub struct Manager<'j, C: Charm> {
    dispatch: Dispatch<'j, C>,
}

/// The charm after its event, before its writes reach the model.
#[derive(Debug)]
pub struct Handled<'j, C: Charm> {
    dispatch: Dispatch<'j, C>,
}

impl<'j, C: Charm> Manager<'j, C> {
    pub(super) const fn new(dispatch: Dispatch<'j, C>) -> Manager<'j, C> {
        Manager { dispatch }
    }

    /// The charm before the event.
    pub const fn charm(&self) -> &C {
        self.dispatch.charm()
    }

    /// The charm before the event, to be changed.
    pub const fn charm_mut(&mut self) -> &mut C {
        self.dispatch.charm_mut()
    }

    /// The handle that the charm's handlers will get.
    pub const fn juju(&self) -> &'j Juju<'j> {
        self.dispatch.juju()
    }

    /// Gives the charm its event, after those that it deferred.
    ///
    /// # Errors
    /// [`RunError::UncaughtCharmError`].
    pub fn run(mut self) -> Result<Handled<'j, C>, RunError<C::Error>> {
        let juju = self.juju();
        match self.dispatch.emit() {
            Ok(()) => Ok(Handled { dispatch: self.dispatch }),
            Err(error) => Err(RunError::uncaught(juju, error)),
        }
    }
}

impl<'j, C: Charm> Handled<'j, C> {
    /// The charm after the event.
    pub const fn charm(&self) -> &C {
        self.dispatch.charm()
    }

    /// The handle that the charm's handlers got: reads show the charm's writes.
    pub const fn juju(&self) -> &'j Juju<'j> {
        self.dispatch.juju()
    }

    pub(super) fn commit(self) -> Result<(), RunError<C::Error>> {
        let juju = self.juju();
        self.dispatch.commit().map_err(|error| RunError::uncaught(juju, error))
    }
}
