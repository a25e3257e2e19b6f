//! A relation as a handler works with it.

use crate::hook::RelationEvent;
use crate::juju::Juju;
use crate::name::RelationId;
use crate::network::Network;
use crate::tool::Error;

/// One relation of this unit, for the time of one event.
#[derive(Clone, Debug)]
pub struct Relation<'j> {
    juju: &'j Juju<'j>,
    endpoint: String,
    id: RelationId,
    app: Option<String>,
}

impl<'j> Relation<'j> {
    /// The relation that an event is about.
    pub(crate) fn of_event(juju: &'j Juju<'j>, event: &RelationEvent) -> Self {
        Self { juju, endpoint: event.endpoint.clone(), id: event.id, app: event.app.clone() }
    }

    /// Its number in the model.
    #[must_use]
    pub const fn id(&self) -> RelationId {
        self.id
    }

    /// Our endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The remote application; of a peer relation, our own. `None` if Juju did not say.
    #[must_use]
    pub fn app(&self) -> Option<&str> {
        self.app.as_deref()
    }

    /// The network that this unit meets the remote units on.
    ///
    /// # Errors
    /// `network-get` fails.
    pub fn network(&self) -> Result<Network, Error> {
        self.juju.network(&self.endpoint, Some(self.id))
    }
}
