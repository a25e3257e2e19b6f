//! Events that a library makes of Juju's, such as "the database is ready", for the charm's own handlers.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;

use crate::juju::Juju;
use crate::key::{Key, Occurrence, Sealed, Trigger};
use crate::tool::Error;

/// Key of the events of type `E` that handlers emit; see [`On::emitting`](crate::On::emitting).
#[derive(Debug)]
pub struct Emitted<E>(PhantomData<fn() -> E>);

/// The key of the events of type `E` that handlers emit.
#[must_use]
pub const fn emitted<E: 'static>() -> Emitted<E> {
    Emitted(PhantomData)
}

impl<E> Sealed for Emitted<E> {}

impl<E: 'static> Key for Emitted<E> {
    type Event<'e> = E;

    fn trigger(&self) -> Trigger {
        Trigger::Emitted { id: TypeId::of::<E>(), name: type_name::<E>() }
    }

    fn deliver<'e, T>(
        &self,
        occurrence: &Occurrence<'e>,
        _: &'e Juju<'e>,
        handle: impl FnOnce(&Self::Event<'e>) -> T,
    ) -> Result<Option<T>, Error> {
        let Occurrence::Emitted(event) = occurrence else { return Ok(None) };
        Ok(event.downcast_ref().map(handle))
    }
}
