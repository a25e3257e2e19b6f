//! Endpoints without a relation through the handle: those that need not be asked about.

use super::Juju;
use crate::hook::Event;
use crate::tool::Error;
use crate::unrelated::{KEY, Unrelated, is_doubtful};

impl Juju<'_> {
    /// Turns the memory on. An event asks about all endpoints until then.
    pub(crate) fn remember_unrelated(&self) {
        self.remembers.set(true);
    }

    /// True if an earlier read found no relation of the endpoint, and none can have come since.
    pub(super) fn is_unrelated(&self, endpoint: &str) -> Result<bool, Error> {
        if !self.remembers.get() {
            return Ok(false);
        }
        self.recall()?;
        Ok(self.unrelated.borrow().as_ref().is_some_and(|unrelated| unrelated.contains(endpoint)))
    }

    /// Takes down that an endpoint has no relation.
    pub(super) fn note_unrelated(&self, endpoint: &str) {
        if let Some(unrelated) = self.unrelated.borrow_mut().as_mut() {
            unrelated.insert(endpoint);
        }
    }

    /// Hands what is remembered to the writes of this event.
    pub(crate) fn keep_unrelated(&self) -> Result<(), Error> {
        let event = &self.context.event;
        if !self.remembers.get() || *event == Event::CollectMetrics {
            return Ok(());
        }
        // A relation's hook counts even if the charm asked nothing.
        if matches!(event, Event::Relation(_)) {
            self.recall()?;
        }
        let Some(text) = self.unrelated.borrow().as_ref().map(Unrelated::text) else { return Ok(()) };
        if self.own_state(KEY)?.unwrap_or_default() != text {
            self.set_own_state(KEY, &text);
        }
        Ok(())
    }

    fn recall(&self) -> Result<(), Error> {
        if self.unrelated.borrow().is_some() {
            return Ok(());
        }
        let event = &self.context.event;
        let text = if is_doubtful(event) { None } else { self.own_state(KEY)? };
        *self.unrelated.borrow_mut() = Some(Unrelated::known(&text.unwrap_or_default(), event));
        Ok(())
    }
}
