//! The four things that happen to a secret.

use crate::hook::{Event, EventKind, SecretKind};
use crate::juju::Juju;
use crate::key::{CanWait, Named, SubjectEvent};
use crate::secret::SecretId;

macro_rules! secret_event {
    ($($(#[$doc:meta])+ $name:ident, $kind:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'e> {
            /// The secret.
            pub id: &'e SecretId,
            /// The label that this unit or its application gave it.
            pub label: Option<&'e str>,
            /// The revision that expired or lost its last reader; `None` in other events.
            pub revision: Option<u64>,
        }

        impl $name<'_> {
            /// Key of this event of all secrets.
            #[must_use]
            pub const fn every() -> Named<$name<'static>> {
                Named::every()
            }
        }

        impl SubjectEvent for $name<'static> {
            type Event<'e> = $name<'e>;
            const KIND: EventKind = EventKind::$name;

            fn read<'e>(event: &'e Event, _: &'e Juju<'e>) -> Option<$name<'e>> {
                let Event::Secret(event) = event else { return None };
                (event.kind == SecretKind::$kind).then(|| $name {
                    id: &event.id,
                    label: event.label.as_deref(),
                    revision: event.revision,
                })
            }
        }
    )+};
}

secret_event! {
    /// `secret-changed`, to a reader: there is a newer revision.
    SecretChanged, Changed;
    /// `secret-rotate`, to the owner: time for a new revision. It can't wait; Juju sends it again by itself.
    SecretRotate, Rotate;
    /// `secret-expired`, to the owner: a revision has expired. It can't wait; Juju sends it again by itself.
    SecretExpired, Expired;
    /// `secret-remove`, to the owner: a revision has no readers left. It can't wait.
    SecretRemove, Remove;
}

impl CanWait for SecretChanged<'static> {}
