//! Attached storage as part of a state.

use juju::{Event, StorageEvent, StorageKind};
use serde::Deserialize;
use std::path::PathBuf;

/// An attached storage instance.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateStorage {
    /// Name in the metadata.
    pub name: String,
    /// Number of the instance.
    #[serde(default)]
    pub index: u32,
    /// Place of its files on this machine.
    pub location: PathBuf,
}

impl StateStorage {
    /// An instance with its files in a folder.
    pub fn new(name: impl Into<String>, index: u32, location: impl Into<PathBuf>) -> StateStorage {
        StateStorage { name: name.into(), index, location: location.into() }
    }

    /// The id, such as `data/0`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.name, self.index)
    }

    fn event(&self, kind: StorageKind) -> Event {
        let location = Some(self.location.clone());
        Event::Storage(StorageEvent { kind, name: self.name.clone(), id: self.id(), location })
    }

    /// storage-attached of the instance.
    pub fn attached(&self) -> Event {
        self.event(StorageKind::Attached)
    }

    /// storage-detaching of the instance.
    pub fn detaching(&self) -> Event {
        self.event(StorageKind::Detaching)
    }
}
