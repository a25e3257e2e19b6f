//! Keys: the events a charm can observe, and the things in its metadata as typed values.
//!
//! [`metadata!`](crate::metadata) makes the constants of a charm; `named` makes the same from a text, for charms that know
//! their endpoints only at run time. Such names are checked against the metadata: an unknown one is refused in tests, and logged
//! as a warning in production. Endpoints are in `key/endpoint.rs`, the others in `key/subject.rs`, actions in `key/action.rs`.

mod action;
mod endpoint;
mod name;
mod subject;
#[cfg(doctest)]
mod undeferrable;

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;

pub use action::Action;
pub use endpoint::{Endpoint, Peer, Provides, Requires};
pub use name::Name;
pub(crate) use sealed::Sealed;
pub use subject::{Binding, Container, Resource, Storage};

use crate::event::{CollectAppStatus, CollectUnitStatus};
use crate::hook::{Event, EventKind};
use crate::juju::Juju;
use crate::tool::Error;

mod sealed {
    /// Keeps the traits of this module to this crate, so that they can grow.
    pub trait Sealed {}
}

/// An event that a charm can observe. [`On::event`](crate::On::event) takes it.
pub trait Key: Sealed + 'static {
    /// The data that a handler receives.
    type Event<'e>;

    /// The occurrences it stands for.
    fn trigger(&self) -> Trigger;

    /// Hands the data of an occurrence to `handle`; `None` if there is no such data in it, or the operator was told why not.
    ///
    /// # Errors
    /// The data has to be read with a hook tool, which failed.
    fn deliver<'e, T>(
        &self,
        occurrence: &Occurrence<'e>,
        juju: &'e Juju<'e>,
        handle: impl FnOnce(&Self::Event<'e>) -> T,
    ) -> Result<Option<T>, Error>;
}

/// A key whose event may wait for a later one. [`On::deferring`](crate::On::deferring) takes no other.
///
/// Not among them: events after which the thing they speak of is gone or the unit is (`stop`, `remove`, `relation-broken`,
/// `storage-detaching`, `secret-remove`), those that Juju sends again by itself (`secret-rotate`, `secret-expired`), those that
/// are waited for (actions), and `collect-metrics`, in which hardly a hook tool works. The compiler refuses to defer each of them:
///
/// ```compile_fail,E0277
/// # use webcharm_juju::{Charm, Error, Flow, On, Setup};
/// # struct Hello;
/// # impl Charm for Hello {
/// #     type Error = Error;
/// #     fn new(_: &Setup<'_>) -> Result<Self, Error> { Ok(Self) }
/// #     fn observe(on: &mut On<Self>) {
/// on.deferring("stop", webcharm_juju::event::Stop, |_, _, _| Ok(Flow::Done));
/// #     }
/// # }
/// ```
///
/// Nor can a plain handler answer that it wants its event again:
///
/// ```compile_fail,E0271
/// # use webcharm_juju::{Charm, Error, Flow, On, Setup};
/// # struct Hello;
/// # impl Charm for Hello {
/// #     type Error = Error;
/// #     fn new(_: &Setup<'_>) -> Result<Self, Error> { Ok(Self) }
/// #     fn observe(on: &mut On<Self>) {
/// on.event(webcharm_juju::event::Start, Self::start);
/// #     }
/// # }
/// # impl Hello {
/// fn start(&mut self, _: &webcharm_juju::event::Start, _: &webcharm_juju::Juju<'_>) -> Result<Flow, Error> {
///     Ok(Flow::Defer)
/// }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "this event can't wait, so its handler may not defer it",
    label = "an event of `{Self}` can't be deferred",
    note = "use `event` with a handler that returns `Result<(), Error>`"
)]
pub trait Deferrable: Key {}

/// One thing that happened, to be delivered to handlers.
#[derive(Clone, Copy, Debug)]
pub enum Occurrence<'e> {
    /// A hook or action of Juju.
    Hook(&'e Event),
    /// An event that a handler emitted.
    Emitted(&'e dyn Any),
    /// The unit's status is due.
    CollectUnitStatus(&'e CollectUnitStatus),
    /// The application's status is due.
    CollectAppStatus(&'e CollectAppStatus),
}

/// The occurrences that a handler is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Every hook and action.
    Any,
    /// Hooks or actions of one kind.
    Hook {
        /// The kind.
        kind: EventKind,
        /// The endpoint, container, storage or action; `None` means any.
        subject: Option<Name>,
    },
    /// Events of one type that handlers emit.
    Emitted {
        /// The type.
        id: TypeId,
        /// Its name, for people.
        name: &'static str,
    },
    /// The unit's status is due.
    CollectUnitStatus,
    /// The application's status is due.
    CollectAppStatus,
}

impl Trigger {
    /// All hooks of a kind.
    pub(crate) const fn of(kind: EventKind) -> Self {
        Self::Hook { kind, subject: None }
    }

    /// True if a handler with this trigger is called for the occurrence.
    pub(crate) fn fits(&self, occurrence: &Occurrence<'_>) -> bool {
        match (self, occurrence) {
            (Self::Any, Occurrence::Hook(_))
            | (Self::CollectUnitStatus, Occurrence::CollectUnitStatus(_))
            | (Self::CollectAppStatus, Occurrence::CollectAppStatus(_)) => true,
            (Self::Hook { kind, subject }, Occurrence::Hook(event)) => {
                *kind == event.kind() && subject.as_ref().is_none_or(|name| Some(name.as_str()) == event.subject())
            }
            (Self::Emitted { id, .. }, Occurrence::Emitted(event)) => (**event).type_id() == *id,
            _ => false,
        }
    }
}

/// Juju's name of the event; `*` stands for any subject.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Hook { kind: EventKind::Action, subject } => {
                write!(f, "{}", subject.as_ref().map_or("*", Name::as_str))
            }
            Self::Hook { kind, subject: Some(name) } => write!(f, "{name}-{}", kind.word()),
            Self::Hook { kind, subject: None } if kind.thing().is_some() => write!(f, "*-{}", kind.word()),
            Self::Hook { kind, subject: None } => f.write_str(kind.word()),
            Self::Emitted { name, .. } => f.write_str(name),
            Self::CollectUnitStatus => f.write_str("collect-unit-status"),
            Self::CollectAppStatus => f.write_str("collect-app-status"),
        }
    }
}

/// A type of event about an endpoint, container, storage or secret, of any lifetime.
pub trait SubjectEvent: 'static {
    /// The event with its data.
    type Event<'e>;
    /// The kind of hook.
    const KIND: EventKind;

    /// Takes the data out of a hook of this kind; `None` of another.
    fn read<'e>(event: &'e Event, juju: &'e Juju<'e>) -> Option<Self::Event<'e>>;
}

/// A type of event that may wait for a later one.
#[diagnostic::on_unimplemented(
    message = "this event can't wait, so its handler may not defer it",
    label = "`{Self}` can't be deferred",
    note = "use `event` with a handler that returns `Result<(), Error>`"
)]
pub trait CanWait: SubjectEvent {}

/// Key of the events `F` of one subject, or of all.
pub struct Named<F> {
    subject: Option<Name>,
    family: PhantomData<fn() -> F>,
}

impl<F> Named<F> {
    /// The events of all subjects.
    pub(crate) const fn every() -> Self {
        Self { subject: None, family: PhantomData }
    }

    pub(crate) fn of(subject: &Name) -> Self {
        Self { subject: Some(subject.clone()), family: PhantomData }
    }
}

impl<F: SubjectEvent> fmt::Debug for Named<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").field("kind", &F::KIND).field("subject", &self.subject).finish()
    }
}

impl<F> Sealed for Named<F> {}

impl<F: SubjectEvent> Key for Named<F> {
    type Event<'e> = F::Event<'e>;

    fn trigger(&self) -> Trigger {
        Trigger::Hook { kind: F::KIND, subject: self.subject.clone() }
    }

    fn deliver<'e, T>(
        &self,
        occurrence: &Occurrence<'e>,
        juju: &'e Juju<'e>,
        handle: impl FnOnce(&Self::Event<'e>) -> T,
    ) -> Result<Option<T>, Error> {
        let Occurrence::Hook(event) = occurrence else { return Ok(None) };
        Ok(F::read(event, juju).as_ref().map(handle))
    }
}

impl<F: CanWait> Deferrable for Named<F> {}
