//! The table of a charm's handlers: filled once in each dispatch, open to inspection by tests.

use std::any::{Any, type_name};
use std::fmt;

use crate::charm::Charm;
use crate::hook::Event;
use crate::juju::Juju;
use crate::key::{Deferrable, Key, Occurrence, Trigger};
use crate::tool::Error;

/// A handler's answer to an event that may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The event is handled.
    Done,
    /// The handler wants it again, before the next event.
    Defer,
}

/// Reason why a handler did not come to an end.
pub(crate) enum Failure<E> {
    /// Its own.
    Handler(E),
    /// Its event's data could not be read.
    Data(Error),
}

/// An event that a handler emits.
pub(crate) struct Emission {
    pub(crate) event: Box<dyn Any>,
    /// The name of its type.
    pub(crate) name: &'static str,
}

type Handler<C> = Box<
    dyn for<'e> Fn(
        &mut C,
        &Occurrence<'e>,
        &'e Juju<'e>,
        &mut Vec<Emission>,
    ) -> Result<Flow, Failure<<C as Charm>::Error>>,
>;

/// One line of the table, without its handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The occurrences that the handler is called for.
    pub trigger: Trigger,
    /// The key of a handler that may defer.
    pub defers: Option<&'static str>,
}

pub(crate) struct Observer<C: Charm> {
    pub(crate) observation: Observation,
    pub(crate) handler: Handler<C>,
}

/// The handlers of a charm, called in the order of registration.
pub struct On<C: Charm> {
    observers: Vec<Observer<C>>,
}

impl<C: Charm> Default for On<C> {
    fn default() -> Self {
        Self { observers: Vec::new() }
    }
}

impl<C: Charm> fmt::Debug for On<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.observations()).finish()
    }
}

impl<C: Charm> On<C> {
    /// The table of the charm, for tests of it.
    ///
    /// ```
    /// # use webcharm_juju::{Charm, Error, On, Setup, event, event::Start, Juju};
    /// # struct Hello;
    /// # impl Charm for Hello {
    /// #     type Error = Error;
    /// #     fn new(_: &Setup<'_>) -> Result<Self, Error> { Ok(Self) }
    /// #     fn observe(on: &mut On<Self>) { on.event(Start, Self::start); }
    /// # }
    /// # impl Hello { fn start(&mut self, _: &Start, _: &Juju<'_>) -> Result<(), Error> { Ok(()) } }
    /// assert_eq!(On::<Hello>::of_charm().observations().count(), 1);
    /// ```
    #[must_use]
    pub fn of_charm() -> Self {
        let mut on = Self::default();
        C::observe(&mut on);
        on
    }

    /// Has `handler` called for an event.
    pub fn event<K, H>(&mut self, key: K, handler: H) -> &mut Self
    where
        K: Key,
        H: for<'e> Fn(&mut C, &K::Event<'e>, &Juju<'e>) -> Result<(), C::Error> + 'static,
    {
        self.add(key, None, move |charm, event, juju, _| handler(charm, event, juju).map(|()| Flow::Done))
    }

    /// Has `handler` called for an event that it may defer.
    ///
    /// `name` finds the handler when the event comes again, also after an upgrade of the charm: it must be unique in the charm,
    /// and stay. A deferred event whose name is gone is dropped with a warning.
    pub fn deferring<K, H>(&mut self, name: &'static str, key: K, handler: H) -> &mut Self
    where
        K: Deferrable,
        H: for<'e> Fn(&mut C, &K::Event<'e>, &Juju<'e>) -> Result<Flow, C::Error> + 'static,
    {
        self.add(key, Some(name), move |charm, event, juju, _| handler(charm, event, juju))
    }

    /// Has `handler` called for an event, of which it makes events of its own: the charm's handlers of
    /// [`emitted`](crate::event::emitted) are called for each of them, before the next handler of the first event.
    ///
    /// This is how a library observes events on behalf of a charm:
    ///
    /// ```
    /// use webcharm_juju::event::{RelationChanged, emitted};
    /// use webcharm_juju::key::Requires;
    /// use webcharm_juju::{Charm, Error, Juju, On, Setup};
    ///
    /// /// Of the library: a database is there.
    /// struct DatabaseReady {
    ///     relation: webcharm_juju::RelationId,
    /// }
    ///
    /// fn observe_database<C: Charm>(on: &mut On<C>, endpoint: &Requires) {
    ///     on.emitting(endpoint.changed(), |_: &mut C, event: &RelationChanged<'_>, _: &Juju<'_>| {
    ///         Ok(Some(DatabaseReady { relation: event.relation().id() }))
    ///     });
    /// }
    ///
    /// struct Shop;
    ///
    /// impl Charm for Shop {
    ///     type Error = Error;
    ///
    ///     fn new(_: &Setup<'_>) -> Result<Self, Error> {
    ///         Ok(Self)
    ///     }
    ///
    ///     fn observe(on: &mut On<Self>) {
    ///         observe_database(on, &Requires::named("db"));
    ///         on.event(emitted(), Self::database_ready);
    ///     }
    /// }
    ///
    /// impl Shop {
    ///     fn database_ready(&mut self, _: &DatabaseReady, _: &Juju<'_>) -> Result<(), Error> {
    ///         Ok(())
    ///     }
    /// }
    /// # assert_eq!(On::<Shop>::of_charm().observations().count(), 2);
    /// ```
    pub fn emitting<K, H, I>(&mut self, key: K, handler: H) -> &mut Self
    where
        K: Key,
        H: for<'e> Fn(&mut C, &K::Event<'e>, &Juju<'e>) -> Result<I, C::Error> + 'static,
        I: IntoIterator<Item: 'static>,
    {
        self.add(key, None, move |charm, event, juju, emissions| {
            let events = handler(charm, event, juju)?;
            let name = type_name::<I::Item>();
            emissions.extend(events.into_iter().map(|event| Emission { event: Box::new(event), name }));
            Ok(Flow::Done)
        })
    }

    /// Has `handler` called for every hook and action, known or not: for charms that reconcile on each event.
    pub fn any<H>(&mut self, handler: H) -> &mut Self
    where
        H: Fn(&mut C, &Event, &Juju<'_>) -> Result<(), C::Error> + 'static,
    {
        self.push(Observation { trigger: Trigger::Any, defers: None }, move |charm, occurrence, juju, _| {
            let Occurrence::Hook(event) = occurrence else { return Ok(Flow::Done) };
            handler(charm, event, juju).map(|()| Flow::Done).map_err(Failure::Handler)
        })
    }

    /// The lines of the table, in order.
    pub fn observations(&self) -> impl Iterator<Item = &Observation> {
        self.observers.iter().map(|observer| &observer.observation)
    }

    /// True if a handler may defer. Without one, a dispatch reads no state.
    #[must_use]
    pub fn defers(&self) -> bool {
        self.deferring_names().next().is_some()
    }

    /// The names that handlers defer under.
    pub(crate) fn deferring_names(&self) -> impl Iterator<Item = &'static str> {
        self.observations().filter_map(|observation| observation.defers)
    }

    /// The handlers of an occurrence.
    pub(crate) fn of<'s>(&'s self, occurrence: &Occurrence<'s>) -> impl Iterator<Item = &'s Observer<C>> {
        self.observers.iter().filter(move |observer| observer.observation.trigger.fits(occurrence))
    }

    fn add<K, H>(&mut self, key: K, defers: Option<&'static str>, handler: H) -> &mut Self
    where
        K: Key,
        H: for<'e> Fn(&mut C, &K::Event<'e>, &Juju<'e>, &mut Vec<Emission>) -> Result<Flow, C::Error> + 'static,
    {
        self.push(Observation { trigger: key.trigger(), defers }, move |charm, occurrence, juju, emissions| {
            let answer = key.deliver(occurrence, juju, |event| handler(charm, event, juju, emissions));
            answer.map_err(Failure::Data)?.unwrap_or(Ok(Flow::Done)).map_err(Failure::Handler)
        })
    }

    fn push<H>(&mut self, observation: Observation, handler: H) -> &mut Self
    where
        H: for<'e> Fn(&mut C, &Occurrence<'e>, &'e Juju<'e>, &mut Vec<Emission>) -> Result<Flow, Failure<C::Error>>
            + 'static,
    {
        self.observers.push(Observer { observation, handler: Box::new(handler) });
        self
    }
}
