//! Events that handlers want again, kept in the unit's state under one key.
//!
//! They live and die with the hook like every other write: a failed hook leaves the queue as it was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hook::Event;
use crate::juju::Juju;
use crate::tool::Error;

/// The key in the unit's state, reserved to the framework.
const KEY: &str = "juju.deferred";
/// The most events that wait at a time. An equal one is kept once, so that only a charm that never gets on comes near.
const MOST: usize = 256;

/// A queue of deferred events that could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Juju gave or took no state.
    #[error("cannot read the unit's state")]
    Juju(#[from] Error),
    /// Two handlers have one name, so that an event would come again to the wrong one.
    #[error("two handlers defer under the name {name:?}")]
    Twice {
        /// The name.
        name: &'static str,
    },
    /// More events wait than the queue holds. The hook fails, so that the event is not lost: Juju sends it again.
    #[error("{MOST} deferred events wait already; the oldest is {oldest}")]
    Full {
        /// The name of the oldest.
        oldest: String,
    },
}

/// An event that a handler deferred.
///
/// The unit's state has them as JSON under `juju.deferred`, a list of `{"handler": …, "event": …}`, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferred {
    /// The name that the handler was registered with.
    pub handler: String,
    /// The event.
    pub event: Event,
}

impl Deferred {
    /// The events that wait, by a unit's state as `state-get` prints it; for tests, and tools that show them.
    #[must_use]
    pub fn in_state(state: &BTreeMap<String, String>) -> Vec<Self> {
        state.get(KEY).map_or_else(Vec::new, |text| parse(text))
    }
}

/// The deferred events, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pending: Vec<Deferred>,
    stored: String,
}

impl Queue {
    /// Reads the queue of a charm whose handlers defer under these names.
    pub(crate) fn load(juju: &Juju<'_>, names: impl Iterator<Item = &'static str>) -> Result<Self, QueueError> {
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(QueueError::Twice { name: pair[0] });
        }
        let stored = juju.own_state(KEY)?.unwrap_or_default();
        Ok(Self { pending: parse(&stored), stored })
    }

    /// Takes all pending entries. The caller pushes back those that are deferred again.
    pub(crate) fn take(&mut self) -> Vec<Deferred> {
        std::mem::take(&mut self.pending)
    }

    /// Adds an entry to the end, unless an equal one is pending already.
    pub(crate) fn push(&mut self, deferred: Deferred) -> Result<(), QueueError> {
        if self.pending.contains(&deferred) {
            return Ok(());
        }
        if let (MOST.., Some(oldest)) = (self.pending.len(), self.pending.first()) {
            return Err(QueueError::Full { oldest: oldest.event.name() });
        }
        self.pending.push(deferred);
        Ok(())
    }

    /// Keeps the queue if it is not what was loaded.
    pub(crate) fn store(&self, juju: &Juju<'_>) {
        let text = match self.pending.as_slice() {
            [] => String::new(),
            pending => serde_json::to_string(pending).expect("plain data with text for keys always has a JSON form"),
        };
        if text != self.stored {
            juju.set_own_state(KEY, &text);
        }
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

    #[test]
    fn an_equal_event_waits_once_and_a_full_queue_says_so() {
        let mut queue = Queue::default();
        let entry = |number: usize| Deferred { handler: "a".to_owned(), event: Event::Unknown(number.to_string()) };
        for number in 0..MOST {
            queue.push(entry(number)).expect("room");
            queue.push(entry(number)).expect("it waits already");
        }
        let error = queue.push(entry(MOST)).expect_err("no room");
        assert_eq!(error.to_string(), "256 deferred events wait already; the oldest is 0");
        assert_eq!(queue.take().len(), MOST);
    }
}
