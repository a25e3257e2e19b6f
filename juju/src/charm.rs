//! The [`Charm`] trait and the dispatch of an event to its handlers.

use std::any::type_name;

use crate::backend::Backend;
use crate::context::Context;
use crate::defer::{Deferred, Queue};
use crate::event::{Event, EventKind};
use crate::juju::Juju;
use crate::tool::Error;

/// A charm. Each dispatch makes a new value and gives it the event.
pub trait Charm: Sized {
    /// The error of its handlers.
    type Error: std::error::Error + Send + Sync + 'static;

    /// True if its handlers may defer events. False saves a `state-get` call in each event.
    const DEFERS: bool = false;

    /// The least level [`crate::main`] passes on to Juju's log.
    const LOG_LEVEL: tracing::Level = tracing::Level::INFO;

    /// Makes the charm.
    ///
    /// # Errors
    /// The charm lacks something it requires; the hook fails.
    fn new(context: &Context) -> Result<Self, Self::Error>;

    /// Names the handlers of events.
    fn observe(observers: &mut Observers<Self>);
}

/// A handler's answer to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event is handled.
    Done,
    /// The handler wants it again, before the next event. Not for actions, whose operator waits, nor for a charm
    /// without [`Charm::DEFERS`]: there it is dropped with a warning.
    Defer,
}

type Handler<C> = Box<dyn Fn(&mut C, &Event, &Juju<'_>) -> Result<Outcome, <C as Charm>::Error>>;

struct Observer<C: Charm> {
    kind: Option<EventKind>,
    subject: Option<String>,
    name: String,
    handler: Handler<C>,
}

/// The handlers of a charm and the events that each of them handles, called in the order of registration.
pub struct Observers<C: Charm> {
    all: Vec<Observer<C>>,
}

impl<C: Charm> Default for Observers<C> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<C: Charm> std::fmt::Debug for Observers<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|observer| &observer.name)).finish()
    }
}

impl<C: Charm> Observers<C> {
    /// Has `handler` called for every event of a kind.
    ///
    /// A deferred event finds its handler by the function's path, so pass a named function where one may defer.
    pub fn on<H>(&mut self, kind: EventKind, handler: H)
    where
        H: Fn(&mut C, &Event, &Juju<'_>) -> Result<Outcome, C::Error> + 'static,
    {
        self.add(Some(kind), None, handler);
    }

    /// Has `handler` called for events of a kind that are about this endpoint, container, storage or action.
    pub fn on_named<H>(&mut self, kind: EventKind, subject: &str, handler: H)
    where
        H: Fn(&mut C, &Event, &Juju<'_>) -> Result<Outcome, C::Error> + 'static,
    {
        self.add(Some(kind), Some(subject.to_owned()), handler);
    }

    /// Has `handler` called for every event there is.
    pub fn any<H>(&mut self, handler: H)
    where
        H: Fn(&mut C, &Event, &Juju<'_>) -> Result<Outcome, C::Error> + 'static,
    {
        self.add(None, None, handler);
    }

    fn add<H>(&mut self, kind: Option<EventKind>, subject: Option<String>, handler: H)
    where
        H: Fn(&mut C, &Event, &Juju<'_>) -> Result<Outcome, C::Error> + 'static,
    {
        self.all.push(Observer { kind, subject, name: type_name::<H>().to_owned(), handler: Box::new(handler) });
    }

    fn of<'s>(&'s self, event: &'s Event) -> impl Iterator<Item = &'s Observer<C>> {
        self.all.iter().filter(move |observer| {
            observer.kind.is_none_or(|kind| kind == event.kind())
                && observer.subject.as_deref().is_none_or(|subject| Some(subject) == event.subject())
        })
    }

    fn named<'s>(&'s self, name: &'s str, event: &'s Event) -> Option<&'s Observer<C>> {
        self.of(event).find(move |observer| observer.name == name)
    }
}

/// A failed dispatch: the hook fails, and Juju discards what the hook wrote.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError<E: std::error::Error + 'static> {
    /// The charm could not be made.
    #[error("cannot set the charm up")]
    New {
        /// The charm's own reason.
        source: E,
    },
    /// A handler failed.
    #[error("cannot handle {event}")]
    Handler {
        /// The event's name.
        event: String,
        /// The charm's own reason.
        source: E,
    },
    /// The queue of deferred events could not be read or written.
    #[error("cannot keep the deferred events")]
    Queue {
        /// Juju's reason.
        source: Error,
    },
}

/// Gives the context's event to a new charm: deferred events first, oldest first, then this one.
///
/// # Errors
/// The charm's own, or Juju's when the queue of deferred events can't be kept.
pub fn dispatch<C: Charm>(context: &Context, backend: &dyn Backend) -> Result<(), DispatchError<C::Error>> {
    Juju::new(context, backend).dispatch::<C>()
}

impl Juju<'_> {
    /// As [`dispatch`], over a handle the caller keeps, to ask it for its number of calls.
    ///
    /// # Errors
    /// As there.
    pub fn dispatch<C: Charm>(&self) -> Result<(), DispatchError<C::Error>> {
        let event = &self.context.event;
        let span = tracing::info_span!("event", name = %event.name(), unit = %self.context.unit);
        let _inside = span.enter();
        let mut charm = C::new(self.context).map_err(|source| DispatchError::New { source })?;
        let mut observers = Observers::default();
        C::observe(&mut observers);
        // In collect-metrics most hook tools refuse to work, so what was deferred waits for the next event.
        if !C::DEFERS || *event == Event::CollectMetrics {
            return self.deliver(&mut charm, &observers, None);
        }
        let mut queue = Queue::load(self).map_err(|source| DispatchError::Queue { source })?;
        self.deliver_deferred(&mut charm, &observers, &mut queue)?;
        self.deliver(&mut charm, &observers, Some(&mut queue))?;
        queue.store(self).map_err(|source| DispatchError::Queue { source })
    }

    fn deliver<C: Charm>(
        &self,
        charm: &mut C,
        observers: &Observers<C>,
        mut queue: Option<&mut Queue>,
    ) -> Result<(), DispatchError<C::Error>> {
        let event = &self.context.event;
        let mut seen = false;
        for observer in observers.of(event) {
            seen = true;
            if self.handle(charm, observer, event)? == Outcome::Done {
                continue;
            }
            match &mut queue {
                Some(queue) if event.kind() != EventKind::Action => {
                    queue.push(Deferred { handler: observer.name.clone(), event: event.clone() })
                }
                _ => tracing::warn!(event = %event.name(), "cannot be deferred by this charm or at all: dropped"),
            }
        }
        if !seen {
            tracing::debug!(event = %event.name(), "nothing to do");
        }
        Ok(())
    }

    fn deliver_deferred<C: Charm>(
        &self,
        charm: &mut C,
        observers: &Observers<C>,
        queue: &mut Queue,
    ) -> Result<(), DispatchError<C::Error>> {
        for deferred in queue.take() {
            let Some(observer) = observers.named(&deferred.handler, &deferred.event) else {
                tracing::warn!(event = %deferred.event.name(), "the handler that deferred is gone: dropped");
                continue;
            };
            if self.handle(charm, observer, &deferred.event)? == Outcome::Defer {
                queue.push(deferred);
            }
        }
        Ok(())
    }

    fn handle<C: Charm>(
        &self,
        charm: &mut C,
        observer: &Observer<C>,
        event: &Event,
    ) -> Result<Outcome, DispatchError<C::Error>> {
        let result = (observer.handler)(charm, event, self);
        result.map_err(|source| DispatchError::Handler { event: event.name(), source })
    }
}

#[cfg(test)]
mod tests;
