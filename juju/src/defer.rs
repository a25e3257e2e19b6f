//! Events that handlers want again, kept in the unit's state under one key.
//!
//! They live and die with the hook like every other write: a failed hook leaves the queue as it was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::juju::Juju;
use crate::tool::Error;

/// The key in the unit's state.
const KEY: &str = "deferred";

/// An event that a handler deferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deferred {
    pub(crate) handler: String,
    pub(crate) event: Event,
}

/// The deferred events, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pending: Vec<Deferred>,
    stored: String,
}

impl Queue {
    pub(crate) fn load(juju: &Juju<'_>) -> Result<Self, Error> {
        let stored = juju.state()?.remove(KEY).unwrap_or_default();
        Ok(Self { pending: parse(&stored), stored })
    }

    /// Takes all pending entries. The caller pushes back those that are deferred again.
    pub(crate) fn take(&mut self) -> Vec<Deferred> {
        std::mem::take(&mut self.pending)
    }

    /// Adds an entry to the end, unless an equal one is pending already.
    pub(crate) fn push(&mut self, deferred: Deferred) {
        if !self.pending.contains(&deferred) {
            self.pending.push(deferred);
        }
    }

    /// Writes the queue if it is not what was loaded.
    pub(crate) fn store(&self, juju: &Juju<'_>) -> Result<(), Error> {
        if self.pending.is_empty() {
            return if self.stored.is_empty() { Ok(()) } else { juju.delete_state(KEY) };
        }
        let text = serde_json::to_string(&self.pending).expect("plain data with text for keys always has a JSON form");
        if text == self.stored { Ok(()) } else { juju.set_state(&BTreeMap::from([(KEY.to_owned(), text)])) }
    }
}

/// Reads the stored queue. Drops entries of another charm version that can't be read, and keeps the others.
fn parse(stored: &str) -> Vec<Deferred> {
    if stored.is_empty() {
        return Vec::new();
    }
    let entries: Vec<serde_json::Value> = serde_json::from_str(stored).unwrap_or_else(|_| {
        tracing::warn!("the queue of deferred events can't be read: dropped");
        Vec::new()
    });
    let read = |entry| {
        let deferred = serde_json::from_value(entry);
        deferred.inspect_err(|_| tracing::warn!("a deferred event can't be read: dropped")).ok()
    };
    entries.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_sense_is_kept() {
        let text = r#"[{"handler":"a","event":"install"},{"handler":"b","event":{"brand-new":1}},7]"#;
        assert_eq!(parse(text), [Deferred { handler: "a".to_owned(), event: Event::Install }]);
        assert_eq!(parse("{"), []);
        assert_eq!(parse(""), []);
    }
}
