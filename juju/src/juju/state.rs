//! The unit's own through the handle: the state Juju keeps for it, and its open ports.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Juju;
use crate::hook::Event;
use crate::port::Port;
use crate::stored::{RESERVED, Slot};
use crate::tool::Error;

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// The unit's state, without the keys of the framework. [`Stored`](crate::Stored) keeps a struct instead.
    pub fn state(&self) -> Result<BTreeMap<String, String>, Error> {
        let mut state = self.whole_state()?;
        state.retain(|key, _| !key.starts_with(RESERVED));
        Ok(state)
    }

    /// Sets keys of the unit's state. Later reads see it; [`Juju::flush`] writes those that are not known to have their value
    /// already.
    ///
    /// # Errors
    /// [`Error::ReservedKey`] for a key of the framework.
    pub fn set_state(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        changes.keys().try_for_each(|key| free(key))?;
        let changes = changes.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        self.state_changes.borrow_mut().extend(changes);
        Ok(())
    }

    /// Deletes a key of the unit's state. The same holds.
    ///
    /// # Errors
    /// As there.
    pub fn delete_state(&self, key: &str) -> Result<(), Error> {
        free(key)?;
        self.state_changes.borrow_mut().insert(key.to_owned(), None);
        Ok(())
    }

    /// A value that the framework keeps in the unit's state.
    ///
    /// `None` in collect-metrics, in which `state-get` refuses to work.
    pub(crate) fn own_state(&self, key: &str) -> Result<Option<String>, Error> {
        if self.context.event == Event::CollectMetrics {
            return Ok(None);
        }
        Ok(self.whole_state()?.remove(key))
    }

    /// Keeps a value of the framework; an empty one is deleted.
    pub(crate) fn set_own_state(&self, key: &str, value: &str) {
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        self.state_changes.borrow_mut().insert(key.to_owned(), value);
    }

    /// Keeps the place of a stored value; an error if its key has one.
    pub(crate) fn keep(&self, slot: &Rc<Slot>) -> Result<(), ()> {
        let mut slots = self.slots.borrow_mut();
        if slots.iter().any(|other| other.key() == slot.key()) {
            return Err(());
        }
        slots.push(Rc::clone(slot));
        Ok(())
    }

    /// Takes over the values that a charm stored; the charm must have been dropped.
    pub(crate) fn take_stored(&self) -> Result<(), Error> {
        for slot in self.slots.take().into_iter().filter(|_| self.context.event != Event::CollectMetrics) {
            if let Some(text) = slot.news()? {
                self.set_own_state(slot.key(), &text);
            }
        }
        Ok(())
    }

    /// Writes the changes of the state: one `state-set`, and a `state-delete` for each key to delete.
    pub(super) fn flush_state(&self) -> Result<(), Error> {
        let mut changes = self.state_changes.take();
        if changes.is_empty() {
            return Ok(());
        }
        let known = self.state.borrow().clone();
        if let Some(known) = &known {
            changes.retain(|key, value| known.get(key) != value.as_ref());
        }
        let (set, deleted): (BTreeMap<_, _>, BTreeMap<_, _>) =
            changes.into_iter().partition(|(_, value)| value.is_some());
        let set: BTreeMap<String, String> = set.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        if !set.is_empty() {
            self.call(|juju| juju.state_set(&set))?;
        }
        deleted.keys().try_for_each(|key| self.call(|juju| juju.state_delete(key)))?;
        *self.state.borrow_mut() = known.map(|mut known| {
            known.extend(set);
            known.retain(|key, _| !deleted.contains_key(key));
            known
        });
        Ok(())
    }

    fn whole_state(&self) -> Result<BTreeMap<String, String>, Error> {
        if self.state.borrow().is_none() {
            let state = self.call(|juju| juju.state_get())?;
            *self.state.borrow_mut() = Some(state);
        }
        let mut state = self.state.borrow().clone().unwrap_or_default();
        for (key, value) in &*self.state_changes.borrow() {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
        Ok(state)
    }

    /// The ports this unit has open.
    pub fn opened_ports(&self) -> Result<BTreeSet<Port>, Error> {
        if let Some(ports) = self.ports.borrow().as_ref() {
            return Ok(ports.clone());
        }
        let ports = self.call(|juju| juju.opened_ports())?;
        *self.ports.borrow_mut() = Some(ports.clone());
        Ok(ports)
    }

    /// Opens a port, unless it is known to be open.
    pub fn open_port(&self, port: &Port) -> Result<(), Error> {
        if self.ports.borrow().as_ref().is_some_and(|open| open.contains(port)) {
            return Ok(());
        }
        self.call(|juju| juju.open_port(port))?;
        if let Some(open) = self.ports.borrow_mut().as_mut() {
            open.insert(*port);
        }
        Ok(())
    }

    /// Closes a port, unless it is known to be closed.
    pub fn close_port(&self, port: &Port) -> Result<(), Error> {
        if self.ports.borrow().as_ref().is_some_and(|open| !open.contains(port)) {
            return Ok(());
        }
        self.call(|juju| juju.close_port(port))?;
        if let Some(open) = self.ports.borrow_mut().as_mut() {
            open.remove(port);
        }
        Ok(())
    }

    /// Has exactly these ports open.
    pub fn set_ports(&self, wanted: &BTreeSet<Port>) -> Result<(), Error> {
        let open = self.opened_ports()?;
        open.difference(wanted).try_for_each(|port| self.close_port(port))?;
        wanted.difference(&open).try_for_each(|port| self.open_port(port))
    }
}

/// Checks that a key is not the framework's.
fn free(key: &str) -> Result<(), Error> {
    if key.starts_with(RESERVED) { Err(Error::ReservedKey { key: key.to_owned() }) } else { Ok(()) }
}
