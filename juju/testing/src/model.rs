//! Juju's model as one value: applications, units, relations, secrets, and Juju's rules for them.
//!
//! An operator's verbs are methods here and in the files below ([`Model::deploy`], [`Model::integrate`], …). A charm
//! acts only inside a hook: [`Model::next_event`] returns the next event of a unit, [`Model::begin`] opens its hook,
//! one of the two fronts ([`crate::ModelBackend`] in-process, [`crate::Server`] for hook-tool executables) passes on
//! the charm's calls, and [`Model::finish`] commits or drops their writes.
//!
//! ```
//! use juju::{Databag, Entity, Role};
//! use webcharm_juju_testing::{Model, endpoint};
//!
//! let mut model = Model::new("demo");
//! model.add_application("web", vec![endpoint("db", Role::Requires, "postgresql_client")], 1)?;
//! model.add_application("postgresql", vec![endpoint("database", Role::Provides, "postgresql_client")], 1)?;
//! let id = model.integrate("web:db", "postgresql")?;
//! model.set_databag(id, &Entity::App("postgresql".into()), &Databag::from_iter([("version", "15")]))?;
//! assert_eq!(model.databag(id, &Entity::App("postgresql".into()))?.text("version"), Some("15"));
//! # Ok::<(), webcharm_juju_testing::ModelError>(())
//! ```

mod action;
mod application;
mod cloud;
mod config;
mod deployment;
mod error;
mod hook;
mod integration;
mod leadership;
mod log;
mod queue;
pub(crate) mod random;
mod relation;
mod resolver;
mod secret;
mod shared;
mod storage;
mod subordinate;
mod user_secret;
mod vault;
mod world;
mod write;

use juju::{Event, RelationId, SecretId, Status, UnitName, Whose, WorkloadEvent, WorkloadKind};
use std::collections::{BTreeMap, BTreeSet};
use world::World;

pub(crate) use action::complete;
pub use action::{Action, ActionStatus};
pub use application::Addresses;
pub(crate) use application::{Application, Unit};
pub use cloud::Cloud;
pub(crate) use config::check_type;
pub use error::Error;
pub use hook::{Call, Error as HookError};
pub(crate) use hook::{Hook, Reboot, Transaction};
pub use integration::RelationInfo;
pub use leadership::Step;
pub use log::{Log, LogLine};
pub use relation::endpoint;
pub(crate) use relation::{Bag, Relation, Side};
pub use resolver::{Integration, IntegrationEnd, JUJU_INFO, resolve};
pub(crate) use secret::{Consumer, Description, Grant, Secret, SecretOwner};
pub(crate) use storage::{Storage, allowed};
pub use user_secret::UserSecret;

/// Id of an open hook: the value of `JUJU_CONTEXT_ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HookId(String);

impl HookId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A hook that has ended.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// The hook-tool calls in order.
    pub calls: Vec<Call>,
    /// The action, if the event was an action.
    pub action: Option<Action>,
    /// The removed revisions of the charm's own secrets; without a number all of them. Empty after a failure.
    pub removed_secret_revisions: Vec<(SecretId, Option<u64>)>,
    /// The number of requested instances of each storage. Empty after a failure.
    pub requested_storages: BTreeMap<String, u32>,
}

impl Finished {
    /// The number of calls of each tool.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        counts(&self.calls)
    }
}

/// The number of calls of each tool.
pub(crate) fn counts(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.tool.clone()).or_default() += 1;
    }
    counts
}

/// A Juju model with its open hooks, actions and log.
#[derive(Clone, Debug, Default)]
pub struct Model {
    world: World,
    hooks: BTreeMap<String, Hook>,
    actions: BTreeMap<String, Action>,
    log: Log,
    /// The relations that are being removed.
    dying: BTreeSet<RelationId>,
    next_relation: u32,
    next_application: u32,
    next_action: u64,
}

impl Model {
    /// An empty model with a random UUID.
    pub fn new(name: impl Into<String>) -> Model {
        Model::with_uuid(name, random::uuid())
    }

    /// An empty model with the UUID.
    pub fn with_uuid(name: impl Into<String>, uuid: impl Into<String>) -> Model {
        let world = World { name: name.into().into(), uuid: uuid.into().into(), ..World::default() };
        Model { world, ..Model::default() }
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.world.name
    }

    /// The model's UUID.
    pub fn uuid(&self) -> &str {
        &self.world.uuid
    }

    /// The log of all charms of the model.
    pub fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    pub(crate) fn application(&self, name: &str) -> Result<&Application, Error> {
        self.world.applications.get(name).ok_or_else(|| Error::UnknownApplication(name.to_owned()))
    }

    pub(crate) fn application_mut(&mut self, name: &str) -> Result<&mut Application, Error> {
        self.world.applications.get_mut(name).ok_or_else(|| Error::UnknownApplication(name.to_owned()))
    }

    pub(crate) fn unit(&self, name: &UnitName) -> Result<&Unit, Error> {
        self.world.unit(name).ok_or_else(|| Error::UnknownUnit(name.to_string()))
    }

    pub(crate) fn unit_mut(&mut self, name: &UnitName) -> Result<&mut Unit, Error> {
        self.world.unit_mut(name).ok_or_else(|| Error::UnknownUnit(name.to_string()))
    }

    /// The next event of a unit. `None` if no event is due, while the unit runs a hook, and for applications without a
    /// charm. After a failed hook it is the same event again.
    pub fn next_event(&self, unit: &UnitName) -> Option<Event> {
        if self.is_busy(unit) { None } else { self.world.next_event(unit) }
    }

    /// The events that can be a unit's next: Juju does not order relations among each other. The first is
    /// [`Model::next_event`].
    pub fn due_events(&self, unit: &UnitName) -> Vec<Event> {
        if self.is_busy(unit) { Vec::new() } else { self.world.due_events(unit) }
    }

    /// True if the unit runs a hook.
    pub fn is_busy(&self, unit: &UnitName) -> bool {
        self.hooks.values().any(|hook| hook.unit == *unit)
    }

    /// Queues an event that the model can't derive from its state: pebble-ready, a notice, update-status.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn push(&mut self, unit: &UnitName, event: Event) -> Result<(), Error> {
        self.unit_mut(unit)?.pending.push_back(event);
        Ok(())
    }

    /// Queues an event about a container: pebble-ready, a notice, or a check that failed or recovered.
    ///
    /// # Errors
    /// There is no such unit, or its charm declares no such container.
    pub fn push_workload(&mut self, unit: &UnitName, container: &str, kind: WorkloadKind) -> Result<(), Error> {
        let charm = self.application(unit.app())?.charm.as_ref();
        if !charm.is_some_and(|charm| charm.metadata.containers.contains_key(container)) {
            return Err(Error::UnknownContainer { app: unit.app().to_owned(), container: container.to_owned() });
        }
        self.push(unit, Event::Workload(WorkloadEvent { container: container.to_owned(), kind }))
    }

    /// Opens a hook for an event, usually the one from [`Model::next_event`].
    ///
    /// # Errors
    /// There is no such unit, the unit runs a hook already, or the event's relation, action or secret does not exist.
    pub fn begin(&mut self, unit: &UnitName, event: Event) -> Result<HookId, Error> {
        self.unit(unit)?;
        if self.is_busy(unit) {
            return Err(Error::Busy(unit.to_string()));
        }
        self.check_event(unit, &event)?;
        self.world.tell(unit, &event);
        let action = match &event {
            Event::Action(event) => self.actions.get_mut(&event.id),
            _ => None,
        };
        let action = action.map(|action| {
            action.status = ActionStatus::Running;
            action.clone()
        });
        let id = format!("{unit}-{}-{}", event.name(), random::hex());
        let hook = Hook::new(unit.clone(), event, self.world.clone(), action);
        self.hooks.insert(id.clone(), hook);
        Ok(HookId(id))
    }

    fn check_event(&self, unit: &UnitName, event: &Event) -> Result<(), Error> {
        match event {
            Event::Relation(event) => {
                let relation = self.world.relations.get(&event.id).filter(|r| r.side(unit.app()).is_some());
                relation.map(|_| ()).ok_or(Error::RelationNotFound(event.id))
            }
            Event::Action(event) if !self.actions.contains_key(&event.id) => {
                Err(Error::UnknownAction(event.name.clone()))
            }
            Event::Secret(event) if !self.world.secrets.contains_key(&event.id) => {
                Err(Error::SecretNotFound(event.id.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Ends a hook: commits its writes, or drops them if it failed. Events that the writes cause are due afterwards.
    ///
    /// # Errors
    /// There is no such hook.
    pub fn finish(&mut self, id: &HookId, is_success: bool) -> Result<Finished, Error> {
        let mut hook = self.hooks.remove(id.as_str()).ok_or_else(|| Error::UnknownHook(id.0.clone()))?;
        let action = hook.action.take().map(|action| self.finish_action(action, is_success));
        let is_action = matches!(hook.event, Event::Action(_));
        // Without the hook's view the commit copies nothing that other hooks don't share.
        drop(std::mem::take(&mut hook.view));
        let is_success = is_success && hook.reboot != Some(Reboot::Now);
        let mut finished = Finished { action, ..Finished::default() };
        if is_success {
            hook.commit(&mut self.world);
            (finished.removed_secret_revisions, finished.requested_storages) = (hook.removals(), hook.requests());
            self.settle(&hook);
        } else if let (Ok(unit), false) = (self.unit_mut(&hook.unit), is_action) {
            // Juju runs a failed hook again, but never a failed action.
            match hook.reboot {
                Some(Reboot::Now) => unit.pending.push_front(hook.event.clone()),
                _ => unit.failed = Some(hook.event.clone()),
            }
        }
        if let (Some(unit), true) = (self.world.unit_mut(&hook.unit), is_success || hook.reboot == Some(Reboot::Now)) {
            unit.restart_after(hook.reboot);
        }
        self.delete_dead_relations();
        finished.calls = hook.calls;
        Ok(finished)
    }

    fn finish_action(&mut self, mut action: Action, is_success: bool) -> Action {
        let is_failed = !is_success || action.failure.is_some();
        action.status = if is_failed { ActionStatus::Failed } else { ActionStatus::Completed };
        self.actions.insert(action.id.clone(), action.clone());
        action
    }

    /// Access to the model for one call of an open hook.
    pub(crate) fn transaction(&mut self, id: &str) -> Option<Transaction<'_>> {
        let hook = self.hooks.get_mut(id)?;
        Some(Transaction { world: &mut self.world, hook, log: &mut self.log })
    }

    /// The status of a unit or of its application; `None` before the first `status-set`.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn status(&self, unit: &UnitName, whose: Whose) -> Result<Option<Status>, Error> {
        Ok(match whose {
            Whose::Unit => self.unit(unit)?.status.clone(),
            Whose::App => self.application(unit.app())?.status.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
