//! Record of a dispatch: the occurrences that the charm's handlers were called for, in order.

use std::fmt;

use crate::defer::Deferred;
use crate::hook::Event;

/// An occurrence that a dispatch gave to a charm's handlers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurred {
    /// An event that a handler deferred in an earlier hook, with that handler.
    Deferred(Deferred),
    /// The hook's own event.
    Event(Event),
    /// An event that a handler emitted; the name of its type.
    Emitted(&'static str),
    /// The collection of the application's status.
    CollectAppStatus,
    /// The collection of the unit's status.
    CollectUnitStatus,
}

/// The name: Juju's for its events, the type's for emitted ones.
impl fmt::Display for Occurred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deferred(deferred) => f.write_str(&deferred.event.name()),
            Self::Event(event) => f.write_str(&event.name()),
            Self::Emitted(name) => f.write_str(name),
            Self::CollectAppStatus => f.write_str("collect-app-status"),
            Self::CollectUnitStatus => f.write_str("collect-unit-status"),
        }
    }
}
