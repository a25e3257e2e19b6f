//! One hook as a transaction: it reads a copy of the model taken as it began, sees its own writes at once, and commits
//! them when it succeeds. Status, workload version and which revision of a secret a unit tracks don't wait for that.
//!
//! The rules of each family of calls stand in one file below; both fronts (the in-process backend and the hook-tool
//! executables) call the same functions.

mod access;
mod action;
mod error;
mod relation;
mod secret;
mod unit;

use super::relation::Relation;
use super::world::World;
use super::write::Write;
use super::{Action, Log};
use juju::{Event, RelationId, UnitName};

pub use error::Error;

/// One call of a hook tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The tool's name.
    pub tool: String,
    /// Its arguments; values of databags, secrets and unit state are stars.
    pub argv: Vec<String>,
    /// How long the model took over it.
    pub ms: f64,
    /// Its exit code.
    pub exit: i32,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A hook that runs.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) unit: UnitName,
    pub(crate) event: Event,
    view: World,
    writes: Vec<Write>,
    pub(crate) action: Option<Action>,
    pub(crate) calls: Vec<Call>,
}

impl Hook {
    pub(crate) fn new(unit: UnitName, event: Event, view: World, action: Option<Action>) -> Hook {
        Hook { unit, event, view, writes: Vec::new(), action, calls: Vec::new() }
    }

    /// Keeps a write for the end. Those into one databag become one, so that there and back again is no change.
    fn keep(&mut self, write: Write) {
        if let Write::Databag { relation, owner, changes } = &write {
            let same = self.writes.iter_mut().find_map(|kept| match kept {
                Write::Databag { relation: id, owner: whose, changes } if id == relation && whose == owner => {
                    Some(changes)
                }
                _ => None,
            });
            if let Some(kept) = same {
                kept.extend(changes.clone());
                return;
            }
        }
        self.writes.push(write);
    }

    /// Plays the writes onto the model.
    pub(crate) fn commit(&self, world: &mut World) {
        for write in &self.writes {
            world.apply(&self.unit, write);
        }
    }
}

/// A hook's hold on the model while it makes one call.
pub(crate) struct Transaction<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) hook: &'a mut Hook,
    pub(crate) log: &'a mut Log,
}

impl Transaction<'_> {
    pub(crate) fn unit(&self) -> &UnitName {
        &self.hook.unit
    }

    pub(crate) fn is_leader(&self) -> bool {
        self.hook.view.is_leader(&self.hook.unit)
    }

    pub(crate) fn view(&self) -> &World {
        &self.hook.view
    }

    fn write(&mut self, write: Write) {
        self.hook.view.apply(&self.hook.unit, &write);
        if write.is_immediate(self.world) {
            self.world.apply(&self.hook.unit, &write);
        } else {
            self.hook.keep(write);
        }
    }

    /// The relation the event is about.
    pub(crate) fn event_relation(&self) -> Option<RelationId> {
        match &self.hook.event {
            Event::Relation(event) => Some(event.id),
            _ => None,
        }
    }

    /// Is the relation being broken by this very hook?
    fn is_breaking(&self, relation: &Relation) -> bool {
        matches!(&self.hook.event, Event::Relation(event)
            if event.kind == juju::RelationKind::Broken && event.id == relation.id)
    }
}
