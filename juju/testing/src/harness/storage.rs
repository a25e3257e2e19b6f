//! Storage of the unit under test.

use super::{Done, Harness};
use crate::model::{Error as ModelError, allowed};
use juju::{Charm, Event, StorageEvent, StorageKind};

impl<C: Charm> Harness<C> {
    /// Adds instances of a declared storage and returns their ids, such as `data/0`. The charm gets storage-attached for
    /// each if `attach` is true.
    ///
    /// # Errors
    /// The storage is not declared, or the unit would have more instances than the metadata allows; the charm fails.
    pub fn add_storage(&mut self, name: &str, count: u32, attach: bool) -> Done<C, Vec<String>> {
        let unit = self.unit.clone();
        let ids = self.model.add_storage(&unit, name, count)?;
        for id in &ids {
            if attach {
                self.fire_storage(StorageKind::Attached, id)?;
            } else {
                self.model.detach_storage(id)?;
            }
        }
        Ok(ids)
    }

    /// Attaches a detached instance. The charm gets storage-attached.
    ///
    /// # Errors
    /// There is no such detached instance, or the unit would have too many; the charm fails.
    pub fn attach_storage(&mut self, id: &str) -> Done<C> {
        let unit = self.unit.clone();
        self.model.attach_storage(&unit, id)?;
        self.fire_storage(StorageKind::Attached, id)
    }

    /// Detaches an instance. The charm gets storage-detaching, in which the instance is still there.
    ///
    /// # Errors
    /// The unit has no such instance; the charm fails.
    pub fn detach_storage(&mut self, id: &str) -> Done<C> {
        let told = self.fire_storage(StorageKind::Detaching, id);
        self.forget_attachment(id)?;
        told
    }

    /// Removes an instance; an attached one is detached first.
    ///
    /// # Errors
    /// There is no such instance; the charm fails.
    pub fn remove_storage(&mut self, id: &str) -> Done<C> {
        if self.has_storage(id) {
            self.detach_storage(id)?;
        }
        Ok(self.model.remove_storage(id)?)
    }

    /// Attaches the least number of instances of each declared storage, and tells the charm of all instances.
    pub(super) fn attach_all_storages(&mut self) -> Done<C> {
        let (unit, charm) = (self.unit.clone(), self.charm.clone());
        for (name, declared) in &charm.metadata.storages {
            let present = self.model.unit(&unit)?.storages.values().filter(|storage| storage.name == *name).count();
            let present = u32::try_from(present).unwrap_or(u32::MAX);
            self.model.add_storage(&unit, name, allowed(declared).0.saturating_sub(present))?;
        }
        let ids: Vec<String> = self.model.unit(&unit)?.storages.keys().cloned().collect();
        ids.iter().try_for_each(|id| self.fire_storage(StorageKind::Attached, id))
    }

    fn has_storage(&self, id: &str) -> bool {
        self.model.unit(&self.unit).is_ok_and(|unit| unit.storages.contains_key(id))
    }

    /// Detaches an instance that the charm has heard the last of.
    fn forget_attachment(&mut self, id: &str) -> Done<C> {
        if self.has_storage(id) {
            let unit = self.unit.clone();
            self.model.unit_mut(&unit)?.memory.storages.remove(id);
            self.model.detach_storage(id)?;
        }
        Ok(())
    }

    fn fire_storage(&mut self, kind: StorageKind, id: &str) -> Done<C> {
        let storage = self.model.unit(&self.unit)?.storages.get(id).cloned();
        let storage = storage.ok_or_else(|| ModelError::UnknownStorage(id.to_owned()))?;
        let (name, location) = (storage.name, Some(storage.location));
        self.fire(&Event::Storage(StorageEvent { kind, name, id: id.to_owned(), location }))
    }
}
