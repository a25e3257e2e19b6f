//! One dispatch: deferred events, the event itself, the statuses, and the writes.

mod occurred;

use std::collections::VecDeque;
use std::fmt;

use crate::backend::Backend;
use crate::charm::{Charm, Setup};
use crate::context::Context;
use crate::defer::{Deferred, Queue, QueueError};
use crate::event::{CollectAppStatus, CollectUnitStatus};
use crate::hook::Event;
use crate::juju::Juju;
use crate::key::{Occurrence, Trigger};
use crate::on::{Emission, Failure, Flow, Observer, On};
use crate::owner::Whose;
use crate::tool::Error;

pub use occurred::Occurred;

/// A failed dispatch: the hook fails, and Juju discards what the hook wrote.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError<E: std::error::Error + 'static> {
    /// The charm could not be made.
    #[error("cannot set the charm up")]
    New {
        /// The charm's own reason.
        source: E,
    },
    /// The charm observes a thing that it does not declare.
    #[error("cannot observe an event")]
    Name {
        /// The name, and the nearest one.
        source: Error,
    },
    /// A handler failed.
    #[error("cannot handle {event}")]
    Handler {
        /// The event's name.
        event: String,
        /// The charm's own reason.
        source: E,
    },
    /// The data of an event could not be read.
    #[error("cannot read the data of {event}")]
    Data {
        /// The event's name.
        event: String,
        /// Juju's reason.
        source: Error,
    },
    /// The queue of deferred events could not be kept.
    #[error("cannot keep the deferred events")]
    Queue {
        /// The reason.
        #[from]
        source: QueueError,
    },
    /// The handlers' writes could not be handed to Juju.
    #[error("cannot write into relations or the unit's state")]
    Write {
        /// Juju's reason.
        source: Error,
    },
    /// A status that the charm's parts gave could not be set.
    #[error("cannot set the status")]
    Status {
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
        let mut dispatch = Dispatch::<C>::new(self)?;
        dispatch.emit()?;
        dispatch.commit()
    }

    /// The span that the log lines of this event are in.
    fn span(&self) -> tracing::Span {
        tracing::info_span!("event", name = %self.context.event.name(), unit = %self.context.unit)
    }
}

impl Juju<'_> {
    /// Checks the names in the table that an author wrote as texts.
    fn check_names<C: Charm>(&self, on: &On<C>) -> Result<(), Error> {
        let mut named = on.observations().filter_map(|observation| match &observation.trigger {
            Trigger::Hook { kind, subject: Some(name) } => Some((kind.thing()?, name)),
            _ => None,
        });
        named.try_for_each(|(thing, name)| self.context.check(thing, name))
    }
}

/// A dispatch in steps, for tools that look at the charm in between, as the testing package does. Charms need
/// [`crate::main()`] alone.
pub struct Dispatch<'j, C: Charm> {
    juju: &'j Juju<'j>,
    on: On<C>,
    charm: C,
}

impl<C: Charm> fmt::Debug for Dispatch<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch").field("juju", &self.juju).field("on", &self.on).finish_non_exhaustive()
    }
}

impl<'j, C: Charm> Dispatch<'j, C> {
    /// Makes the charm.
    ///
    /// # Errors
    /// The charm's own; it observes a thing that it does not declare.
    pub fn new(juju: &'j Juju<'j>) -> Result<Self, DispatchError<C::Error>> {
        let _inside = juju.span().entered();
        if C::REMEMBERS_UNRELATED {
            juju.remember_unrelated();
        }
        let charm = C::new(&Setup::new(juju)).map_err(|source| DispatchError::New { source })?;
        let on = On::<C>::of_charm();
        juju.check_names(&on).map_err(|source| DispatchError::Name { source })?;
        Ok(Self { juju, on, charm })
    }

    /// The charm.
    pub const fn charm(&self) -> &C {
        &self.charm
    }

    /// The charm, to be changed.
    pub const fn charm_mut(&mut self) -> &mut C {
        &mut self.charm
    }

    /// The handle that the charm's handlers get.
    pub const fn juju(&self) -> &'j Juju<'j> {
        self.juju
    }

    /// Gives the charm the deferred events, oldest first, then the context's event, and collects its statuses.
    ///
    /// # Errors
    /// A handler's own, or Juju's when the queue of deferred events can't be kept.
    pub fn emit(&mut self) -> Result<(), DispatchError<C::Error>> {
        let (juju, event) = (self.juju, &self.juju.context.event);
        let _inside = juju.span().entered();
        // In collect-metrics most hook tools refuse to work, so what was deferred waits for the next event.
        if *event == Event::CollectMetrics {
            juju.note(Occurred::Event(event.clone()));
            return self.occur(&event.name(), &Occurrence::Hook(event), |_| Ok(()));
        }
        let mut queue = if self.on.defers() { Queue::load(juju, self.on.deferring_names())? } else { Queue::default() };
        for deferred in queue.take() {
            self.deferred(deferred, &mut queue)?;
        }
        juju.note(Occurred::Event(event.clone()));
        self.occur(&event.name(), &Occurrence::Hook(event), |name| {
            Ok(queue.push(Deferred { handler: name.to_owned(), event: event.clone() })?)
        })?;
        self.statuses()?;
        queue.store(juju);
        Ok(())
    }

    /// Hands the writes of the charm's handlers to Juju.
    ///
    /// # Errors
    /// Juju refuses.
    pub fn commit(self) -> Result<(), DispatchError<C::Error>> {
        let juju = self.juju;
        let _inside = juju.span().entered();
        // The charm hands over what it stores when it is dropped.
        drop(self);
        let kept = juju.take_stored().and_then(|()| juju.keep_unrelated());
        kept.and_then(|()| juju.flush()).map_err(|source| DispatchError::Write { source })
    }

    /// Calls the handlers of an occurrence, and `defer` with the name of each that wants it again.
    fn occur(
        &mut self,
        name: &str,
        occurrence: &Occurrence<'_>,
        mut defer: impl FnMut(&str) -> Result<(), DispatchError<C::Error>>,
    ) -> Result<(), DispatchError<C::Error>> {
        let mut seen = false;
        for observer in self.on.of(occurrence) {
            seen = true;
            let flow = call(observer, &mut self.charm, &self.on, self.juju, name, occurrence)?;
            if let (Flow::Defer, Some(handler)) = (flow, observer.observation.defers) {
                defer(handler)?;
            }
        }
        if !seen {
            tracing::debug!(event = name, "nothing to do");
        }
        Ok(())
    }

    /// Delivers a deferred event to the handler that deferred it.
    fn deferred(&mut self, deferred: Deferred, queue: &mut Queue) -> Result<(), DispatchError<C::Error>> {
        let (name, occurrence) = (deferred.event.name(), Occurrence::Hook(&deferred.event));
        let wanted = |observer: &&Observer<C>| observer.observation.defers == Some(deferred.handler.as_str());
        let Some(observer) = self.on.of(&occurrence).find(wanted) else {
            tracing::warn!(event = name, handler = deferred.handler, "the handler that deferred is gone: dropped");
            return Ok(());
        };
        self.juju.note(Occurred::Deferred(deferred.clone()));
        if call(observer, &mut self.charm, &self.on, self.juju, &name, &occurrence)? == Flow::Defer {
            queue.push(deferred)?;
        }
        Ok(())
    }

    /// Sets the most urgent status of the charm's parts: the unit's, and on the leader the application's.
    fn statuses(&mut self) -> Result<(), DispatchError<C::Error>> {
        let failed = |source| DispatchError::Status { source };
        let has = |wanted: &Trigger| self.on.observations().any(|observation| observation.trigger == *wanted);
        let (has_unit, has_app) = (has(&Trigger::CollectUnitStatus), has(&Trigger::CollectAppStatus));
        if has_app && self.juju.is_leader().map_err(failed)? {
            let event = CollectAppStatus::default();
            self.juju.note(Occurred::CollectAppStatus);
            self.occur("collect-app-status", &Occurrence::CollectAppStatus(&event), |_| Ok(()))?;
            event.most_urgent().map_or(Ok(()), |status| self.juju.set_status(Whose::App, &status)).map_err(failed)?;
        }
        if has_unit {
            let event = CollectUnitStatus::default();
            self.juju.note(Occurred::CollectUnitStatus);
            self.occur("collect-unit-status", &Occurrence::CollectUnitStatus(&event), |_| Ok(()))?;
            event.most_urgent().map_or(Ok(()), |status| self.juju.set_status(Whose::Unit, &status)).map_err(failed)?;
        }
        Ok(())
    }
}

/// Calls a handler, and then those of the events that it emits.
fn call<C: Charm>(
    observer: &Observer<C>,
    charm: &mut C,
    on: &On<C>,
    juju: &Juju<'_>,
    name: &str,
    occurrence: &Occurrence<'_>,
) -> Result<Flow, DispatchError<C::Error>> {
    let mut emissions = Vec::new();
    let flow = handle(observer, charm, juju, name, occurrence, &mut emissions)?;
    let mut pending = VecDeque::from(emissions);
    while let Some(Emission { event, name: emitted }) = pending.pop_front() {
        juju.note(Occurred::Emitted(emitted));
        let occurrence = Occurrence::Emitted(&*event);
        for observer in on.of(&occurrence) {
            let mut more = Vec::new();
            handle(observer, charm, juju, name, &occurrence, &mut more)?;
            pending.extend(more);
        }
    }
    Ok(flow)
}

fn handle<C: Charm>(
    observer: &Observer<C>,
    charm: &mut C,
    juju: &Juju<'_>,
    name: &str,
    occurrence: &Occurrence<'_>,
    emissions: &mut Vec<Emission>,
) -> Result<Flow, DispatchError<C::Error>> {
    (observer.handler)(charm, occurrence, juju, emissions).map_err(|failure| match failure {
        Failure::Handler(source) => DispatchError::Handler { event: name.to_owned(), source },
        Failure::Data(source) => DispatchError::Data { event: name.to_owned(), source },
    })
}
