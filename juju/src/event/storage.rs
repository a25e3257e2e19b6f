//! The two things that happen to a storage.

use std::path::Path;

use crate::hook::{Event, EventKind, StorageKind};
use crate::juju::Juju;
use crate::key::{CanWait, Named, SubjectEvent};

macro_rules! storage_event {
    ($($(#[$doc:meta])+ $name:ident, $kind:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'e> {
            /// The storage's name in the metadata.
            pub storage: &'e str,
            /// The instance, such as `data/0`.
            pub id: &'e str,
            /// The mount point or block device; `None` if Juju did not say.
            pub location: Option<&'e Path>,
        }

        impl $name<'_> {
            /// Key of this event of all storages.
            #[must_use]
            pub const fn every() -> Named<$name<'static>> {
                Named::every()
            }
        }

        impl SubjectEvent for $name<'static> {
            type Event<'e> = $name<'e>;
            const KIND: EventKind = EventKind::$name;

            fn read<'e>(event: &'e Event, _: &'e Juju<'e>) -> Option<$name<'e>> {
                let Event::Storage(event) = event else { return None };
                (event.kind == StorageKind::$kind).then(|| $name {
                    storage: &event.name,
                    id: &event.id,
                    location: event.location.as_deref(),
                })
            }
        }
    )+};
}

storage_event! {
    /// `…-storage-attached`: an instance is there; before `install` if it was asked for at deployment.
    StorageAttached, Attached;
    /// `…-storage-detaching`: an instance is about to go. It can't wait.
    StorageDetaching, Detaching;
}

impl CanWait for StorageAttached<'static> {}
