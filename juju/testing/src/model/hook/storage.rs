//! storage-list, storage-get, storage-add.

use super::{Error, Transaction};
use crate::model::storage::Storage;
use crate::model::write::Write;
use juju::Event;

impl Transaction<'_> {
    /// Ids of the unit's instances that storage-attached has run for, of one storage or of all.
    pub(crate) fn storage_ids(&self, name: Option<&str>) -> Vec<String> {
        let Some(unit) = self.view().unit(self.unit()) else { return Vec::new() };
        let is_asked = |storage: &Storage| name.is_none_or(|name| storage.name == name);
        let attached =
            unit.storages.iter().filter(|(id, storage)| unit.memory.storages.contains(*id) && is_asked(storage));
        attached.map(|(id, _)| id.clone()).collect()
    }

    /// An instance of the unit; without an id the one that the event is about.
    pub(crate) fn storage(&self, id: Option<&str>) -> Result<&Storage, Error> {
        let of_event = match &self.hook.event {
            Event::Storage(event) => Some(event.id.as_str()),
            _ => None,
        };
        let id = id.or(of_event).ok_or_else(|| Error::Usage("no storage instance specified".to_owned()))?;
        let unit = self.view().unit(self.unit()).filter(|unit| unit.memory.storages.contains(id));
        let storage = unit.and_then(|unit| unit.storages.get(id));
        storage.ok_or_else(|| Error::Usage(format!("invalid value \"{id}\" for option -s: storage not found")))
    }

    /// Asks for more instances of a storage. They are attached after the hook, if it succeeds.
    pub(crate) fn storage_add(&mut self, name: &str, count: u32) -> Result<(), Error> {
        let room = self.view().room_for(self.unit(), name, count);
        let declared = room.map_err(|error| Error::Refused(format!("cannot add storage to unit: {error}")))?;
        for _ in 0..count {
            self.write(Write::AddStorage { name: name.to_owned(), declared: declared.clone() });
        }
        Ok(())
    }
}
