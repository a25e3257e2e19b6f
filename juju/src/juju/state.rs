//! The unit's own through the handle: the state Juju keeps for it, and its open ports.

use std::collections::{BTreeMap, BTreeSet};

use super::Juju;
use crate::port::Port;
use crate::tool::Error;

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// The unit's state.
    pub fn state(&self) -> Result<BTreeMap<String, String>, Error> {
        if let Some(state) = self.state.borrow().as_ref() {
            return Ok(state.clone());
        }
        let state = self.call(|juju| juju.state_get())?;
        *self.state.borrow_mut() = Some(state.clone());
        Ok(state)
    }

    /// Sets keys of the unit's state; those that are known to have their value already are left out.
    pub fn set_state(&self, changes: &BTreeMap<String, String>) -> Result<(), Error> {
        let mut changes = changes.clone();
        if let Some(state) = self.state.borrow().as_ref() {
            changes.retain(|key, value| state.get(key) != Some(value));
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.call(|juju| juju.state_set(&changes))?;
        if let Some(state) = self.state.borrow_mut().as_mut() {
            state.extend(changes);
        }
        Ok(())
    }

    /// Deletes a key of the unit's state, unless it is known not to be there.
    pub fn delete_state(&self, key: &str) -> Result<(), Error> {
        if self.state.borrow().as_ref().is_some_and(|state| !state.contains_key(key)) {
            return Ok(());
        }
        self.call(|juju| juju.state_delete(key))?;
        if let Some(state) = self.state.borrow_mut().as_mut() {
            state.remove(key);
        }
        Ok(())
    }

    /// A value that the framework keeps in the unit's state.
    pub(crate) fn own_state(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.state()?.remove(key))
    }

    /// Keeps a value of the framework; an empty one is deleted.
    pub(crate) fn set_own_state(&self, key: &str, value: &str) -> Result<(), Error> {
        if value.is_empty() {
            return self.delete_state(key);
        }
        self.set_state(&BTreeMap::from([(key.to_owned(), value.to_owned())]))
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
