//! Events of a container's Pebble, as Juju reports them.

use crate::hook::{Event, EventKind, WorkloadKind};
use crate::juju::Juju;
use crate::key::{CanWait, Named, SubjectEvent};

macro_rules! workload_event {
    ($($(#[$doc:meta])+ $name:ident, $kind:ident { $($(#[$field_doc:meta])+ $field:ident,)* };)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'e> {
            /// The container.
            pub container: &'e str,
            $($(#[$field_doc])+ pub $field: &'e str,)*
        }

        impl $name<'_> {
            /// Key of this event of all containers.
            #[must_use]
            pub const fn every() -> Named<$name<'static>> {
                Named::every()
            }
        }

        impl SubjectEvent for $name<'static> {
            type Event<'e> = $name<'e>;
            const KIND: EventKind = EventKind::$name;

            fn read<'e>(event: &'e Event, _: &'e Juju<'e>) -> Option<$name<'e>> {
                let Event::Workload(event) = event else { return None };
                let WorkloadKind::$kind { $($field),* } = &event.kind else { return None };
                Some($name { container: &event.container, $($field),* })
            }
        }

        impl CanWait for $name<'static> {}
    )+};
}

workload_event! {
    /// `…-pebble-ready`: Pebble has started and answers.
    PebbleReady, PebbleReady {};
    /// `…-pebble-custom-notice`: a process in the container called `pebble notify`.
    PebbleCustomNotice, CustomNotice {
        /// The notice's id.
        id,
        /// The notice's type: `custom`.
        kind,
        /// The notice's key, such as `example.com/done`.
        key,
    };
    /// `…-pebble-check-failed`: a check went over its threshold of failures.
    PebbleCheckFailed, CheckFailed {
        /// The check's name.
        check,
    };
    /// `…-pebble-check-recovered`: a failed check succeeded again.
    PebbleCheckRecovered, CheckRecovered {
        /// The check's name.
        check,
    };
}
