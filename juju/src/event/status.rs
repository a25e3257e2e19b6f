//! Statuses of several parts of a charm, of which the most urgent is set at the end of each event.

use std::cell::RefCell;

use crate::juju::Juju;
use crate::key::{Key, Occurrence, Sealed, Trigger};
use crate::status::Status;
use crate::tool::Error;

macro_rules! collect_status {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Default)]
        pub struct $name {
            parts: RefCell<Vec<Status>>,
        }

        impl $name {
            /// Adds the status of one part of the charm.
            pub fn add(&self, status: Status) {
                self.parts.borrow_mut().push(status);
            }

            /// Key of this event.
            #[must_use]
            pub const fn every() -> Collect<$name> {
                Collect(std::marker::PhantomData)
            }

            /// The most urgent status, the first of equals; `None` if no part has one.
            pub(crate) fn most_urgent(self) -> Option<Status> {
                most_urgent(self.parts.into_inner())
            }
        }

        impl Sealed for Collect<$name> {}

        impl Key for Collect<$name> {
            type Event<'e> = $name;

            fn trigger(&self) -> Trigger {
                Trigger::$name
            }

            fn deliver<'e, T>(
                &self,
                occurrence: &Occurrence<'e>,
                _: &'e Juju<'e>,
                handle: impl FnOnce(&Self::Event<'e>) -> T,
            ) -> Result<Option<T>, Error> {
                let Occurrence::$name(event) = occurrence else { return Ok(None) };
                Ok(Some(handle(event)))
            }
        }
    )+};
}

/// Key of [`CollectUnitStatus`] or [`CollectAppStatus`].
#[derive(Debug)]
pub struct Collect<E>(std::marker::PhantomData<fn() -> E>);

collect_status! {
    /// The end of each event: every part of the charm adds its status, and the most urgent becomes the unit's.
    CollectUnitStatus;
    /// The same of the application, on the leader alone.
    CollectAppStatus;
}

fn most_urgent(parts: Vec<Status>) -> Option<Status> {
    parts.into_iter().reduce(|first, next| if next.kind > first.kind { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_most_urgent_statuses_is_shown() {
        let event = CollectUnitStatus::default();
        for status in [Status::active(""), Status::blocked("one"), Status::waiting("x"), Status::blocked("two")] {
            event.add(status);
        }
        assert_eq!(event.most_urgent(), Some(Status::blocked("one")));
        assert_eq!(CollectAppStatus::default().most_urgent(), None);
    }
}
