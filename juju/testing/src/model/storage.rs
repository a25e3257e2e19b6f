//! Storage: instances of the storages that a charm declares, attached to units and detached from them.
//!
//! Instances are numbered over the whole model, as in Juju. A unit gets storage-attached for each before install, and
//! storage-detaching when it is detached or the unit is removed.

use super::world::World;
use super::{Error, Model};
use juju::{Event, StorageDeclaration, StorageEvent, StorageKind, UnitName};
use std::path::PathBuf;

/// An instance of a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// The storage's name in the metadata.
    pub(crate) name: String,
    /// `filesystem` or `block`.
    pub(crate) kind: String,
    pub(crate) location: PathBuf,
    /// True from the request to detach until storage-detaching has run.
    pub(crate) is_detaching: bool,
}

/// Allowed numbers of instances, from the range as written: `1`, `0-`, `2-3`; exactly one without a range.
pub(crate) fn allowed(declared: &StorageDeclaration) -> (u32, Option<u32>) {
    let Some(range) = &declared.range else { return (1, Some(1)) };
    let number = |text: &str| text.trim().parse::<u32>().ok();
    match range.trim_end_matches('+').split_once('-') {
        Some((least, most)) => (number(least).unwrap_or(0), number(most)),
        None if range.ends_with('+') => (number(range.trim_end_matches('+')).unwrap_or(0), None),
        None => number(range).map_or((1, Some(1)), |count| (count, Some(count))),
    }
}

impl World {
    /// Attaches the least number of instances of each declared storage to a new unit.
    pub(super) fn add_storages(&mut self, unit: &UnitName) {
        let charm = self.applications.get(unit.app()).and_then(|app| app.charm.clone());
        for (name, declared) in charm.iter().flat_map(|charm| &charm.metadata.storages) {
            for _ in 0..allowed(declared).0 {
                self.add_storage(unit, name, declared);
            }
        }
    }

    /// Attaches a new instance and returns its id.
    pub(super) fn add_storage(&mut self, unit: &UnitName, name: &str, declared: &StorageDeclaration) -> String {
        let id = format!("{name}/{}", self.next_storage);
        self.next_storage += 1;
        let is_single = allowed(declared).1 == Some(1);
        let location = match &declared.location {
            Some(location) if is_single => location.clone(),
            Some(location) => location.join(id.replace('/', "-")),
            None => PathBuf::from("/var/lib/juju/storage").join(&id),
        };
        let storage = Storage { name: name.to_owned(), kind: declared.kind.clone(), location, is_detaching: false };
        if let Some(unit) = self.unit_mut(unit) {
            unit.storages.insert(id.clone(), storage);
        }
        id
    }

    /// storage-attached or storage-detaching of the first instance that the unit's charm has another picture of.
    pub(super) fn next_storage_event(&self, name: &UnitName) -> Option<Event> {
        let unit = self.unit(name)?;
        unit.storages.iter().find_map(|(id, storage)| {
            let is_known = unit.memory.storages.contains(id);
            let is_leaving = storage.is_detaching || unit.is_dying;
            let kind = if is_leaving { StorageKind::Detaching } else { StorageKind::Attached };
            (is_known == is_leaving).then(|| {
                let (name, location) = (storage.name.clone(), Some(storage.location.clone()));
                Event::Storage(StorageEvent { kind, name, id: id.clone(), location })
            })
        })
    }

    /// Ends the attachment that storage-detaching was about; the instance can be attached again.
    pub(super) fn detach(&mut self, unit: &UnitName, id: &str) {
        let Some(unit) = self.unit_mut(unit) else { return };
        unit.memory.storages.remove(id);
        if let Some(storage) = unit.storages.remove(id) {
            self.detached.insert(id.to_owned(), Storage { is_detaching: false, ..storage });
        }
    }

    fn declaration(&self, unit: &UnitName, name: &str) -> Result<StorageDeclaration, Error> {
        let charm = self.applications.get(unit.app()).and_then(|app| app.charm.as_ref());
        let declared = charm.and_then(|charm| charm.metadata.storages.get(name));
        declared.cloned().ok_or_else(|| Error::UnknownStorage(name.to_owned()))
    }

    /// The declaration of a storage of which the unit may have so many more instances.
    pub(super) fn room_for(&self, unit: &UnitName, name: &str, count: u32) -> Result<StorageDeclaration, Error> {
        let declared = self.declaration(unit, name)?;
        let present = self.unit(unit).into_iter().flat_map(|unit| unit.storages.values());
        let wanted = present.filter(|storage| storage.name == name).count() + count as usize;
        match allowed(&declared).1 {
            Some(most) if wanted > most as usize => Err(Error::StorageLimit { storage: name.to_owned(), most, wanted }),
            _ => Ok(declared),
        }
    }
}

impl Model {
    /// Adds instances of a storage to a unit and returns their ids, such as `data/0`. The unit gets storage-attached for
    /// each.
    ///
    /// # Errors
    /// There is no such unit, its charm does not declare the storage, or it would have too many instances.
    pub fn add_storage(&mut self, unit: &UnitName, name: &str, count: u32) -> Result<Vec<String>, Error> {
        self.unit(unit)?;
        let declared = self.world.room_for(unit, name, count)?;
        Ok((0..count).map(|_| self.world.add_storage(unit, name, &declared)).collect())
    }

    /// Detaches an instance from its unit, which gets storage-detaching. An instance that the unit has not been told of
    /// is detached without an event.
    ///
    /// # Errors
    /// No unit has such an instance.
    pub fn detach_storage(&mut self, id: &str) -> Result<(), Error> {
        let name = self.world.holder(id).ok_or_else(|| Error::UnknownStorage(id.to_owned()))?;
        let unit = self.unit_mut(&name)?;
        if !unit.memory.storages.contains(id) {
            self.world.detach(&name, id);
        } else if let Some(storage) = unit.storages.get_mut(id) {
            storage.is_detaching = true;
        }
        Ok(())
    }

    /// Attaches a detached instance to a unit, which gets storage-attached.
    ///
    /// # Errors
    /// There is no such unit or no such detached instance, or the unit would have too many instances.
    pub fn attach_storage(&mut self, unit: &UnitName, id: &str) -> Result<(), Error> {
        self.unit(unit)?;
        let storage = self.world.detached.get(id).cloned().ok_or_else(|| Error::UnknownStorage(id.to_owned()))?;
        self.world.room_for(unit, &storage.name, 1)?;
        self.world.detached.remove(id);
        self.unit_mut(unit)?.storages.insert(id.to_owned(), storage);
        Ok(())
    }

    /// Removes a detached instance.
    ///
    /// # Errors
    /// There is no such detached instance.
    pub fn remove_storage(&mut self, id: &str) -> Result<(), Error> {
        if !self.world.detached.contains_key(id) {
            return Err(Error::UnknownStorage(id.to_owned()));
        }
        self.world.detached.remove(id);
        Ok(())
    }

    /// Ids of the instances of a unit, those that are being detached among them.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn storages(&self, unit: &UnitName) -> Result<Vec<String>, Error> {
        Ok(self.unit(unit)?.storages.keys().cloned().collect())
    }
}

impl World {
    fn holder(&self, id: &str) -> Option<UnitName> {
        let mut units = self.applications.values().flat_map(|app| app.units.values());
        units.find(|unit| unit.storages.contains_key(id)).map(|unit| unit.name.clone())
    }
}
