//! Endpoints without a relation, remembered from event to event, so that Juju is not asked about each of them every time.
//!
//! A relation gives its own hook before any other event has to know it, so an endpoint that had none stays without one until its
//! `relation-created`, `-joined` or `-changed` comes. A hook can be lost (`juju resolved --no-retry`), and another charm's
//! code may have run in between: the events in [`is_doubtful`] ask about every endpoint again.

use std::collections::BTreeSet;

use crate::hook::Event;

/// Key in the unit's state. A unit keeps it through upgrades of the charm, so it must not change.
pub(crate) const KEY: &str = "juju.unrelated";

/// Names of endpoints without a relation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unrelated(BTreeSet<String>);

/// True if nothing remembered counts in this event.
pub(crate) const fn is_doubtful(event: &Event) -> bool {
    matches!(event, Event::Install | Event::Start | Event::UpgradeCharm | Event::LeaderElected | Event::UpdateStatus)
}

impl Unrelated {
    /// The endpoints that an event need not ask about, by the text that an earlier one left. Those of the event itself are asked.
    pub(crate) fn known(text: &str, event: &Event) -> Self {
        let about = if matches!(event, Event::Relation(_)) { event.subject() } else { None };
        let names = text.split(',').filter(|name| !name.is_empty() && Some(*name) != about);
        Self(names.map(ToOwned::to_owned).collect())
    }

    pub(crate) fn contains(&self, endpoint: &str) -> bool {
        self.0.contains(endpoint)
    }

    /// Adds an endpoint that Juju named no relation of.
    pub(crate) fn insert(&mut self, endpoint: &str) {
        self.0.insert(endpoint.to_owned());
    }

    /// The text to keep.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests;
