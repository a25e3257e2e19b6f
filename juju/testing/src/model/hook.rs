//! A hook as a transaction: it reads the model as it was at its beginning, sees its own writes at once, and commits
//! them when it succeeds. Statuses, the workload version and the tracked revision of a secret take effect at once.
//!
//! Each family of calls has a file below with its rules. Both fronts (the in-process backend and the hook-tool
//! executables) call these functions.

mod access;
mod action;
mod error;
mod relation;
mod secret;
mod storage;
mod unit;

use super::relation::Relation;
use super::world::World;
use super::write::Write;
use super::{Action, Log};
use juju::{Event, RelationId, SecretId, UnitName};
use std::collections::BTreeMap;

pub use error::Error;
pub(crate) use secret::check_content;

/// One call of a hook tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Name of the tool.
    pub tool: String,
    /// Arguments; values of databags, secrets and the unit's state are replaced by stars.
    pub argv: Vec<String>,
    /// Time that the model took for the call, in milliseconds.
    pub ms: f64,
    /// Exit code.
    pub exit: i32,
    /// Standard error.
    pub stderr: String,
}

/// A reboot of the unit's machine that a hook asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reboot {
    /// When the hook has succeeded.
    After,
    /// At once: the hook's writes are dropped, and it runs again.
    Now,
}

/// An open hook.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) unit: UnitName,
    pub(crate) event: Event,
    pub(super) view: World,
    writes: Vec<Write>,
    pub(crate) action: Option<Action>,
    pub(crate) reboot: Option<Reboot>,
    pub(crate) calls: Vec<Call>,
}

impl Hook {
    pub(crate) fn new(unit: UnitName, event: Event, view: World, action: Option<Action>) -> Hook {
        Hook { unit, event, view, writes: Vec::new(), action, reboot: None, calls: Vec::new() }
    }

    /// Keeps a write for the commit. Writes to one databag are merged, so that a value that returns to the old one
    /// causes no event.
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

    /// The removed revisions of secrets.
    pub(crate) fn removals(&self) -> Vec<(SecretId, Option<u64>)> {
        let removal = |write: &Write| match write {
            Write::RemoveSecret { id, revision } => Some((id.clone(), *revision)),
            _ => None,
        };
        self.writes.iter().filter_map(removal).collect()
    }

    /// The number of requested instances of each storage.
    pub(crate) fn requests(&self) -> BTreeMap<String, u32> {
        let mut requests = BTreeMap::new();
        for write in &self.writes {
            if let Write::AddStorage { name, .. } = write {
                *requests.entry(name.clone()).or_default() += 1;
            }
        }
        requests
    }

    /// Applies the kept writes to the model.
    pub(crate) fn commit(&self, world: &mut World) {
        for write in &self.writes {
            world.apply(&self.unit, write);
        }
    }
}

/// Access to the model for one call of a hook.
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

    /// The relation of a relation event.
    pub(crate) fn event_relation(&self) -> Option<RelationId> {
        match &self.hook.event {
            Event::Relation(event) => Some(event.id),
            _ => None,
        }
    }

    /// True if this hook is the relation's relation-broken.
    fn is_breaking(&self, relation: &Relation) -> bool {
        matches!(&self.hook.event, Event::Relation(event)
            if event.kind == juju::RelationKind::Broken && event.id == relation.id)
    }
}
