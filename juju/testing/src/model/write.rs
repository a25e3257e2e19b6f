//! Writes of a hook: kept until it succeeds, then applied to the model.
//!
//! `hook` checks the rules (which unit may write to which databag and secret) before it makes a write. Applying a write
//! can't fail: a write to an object that the model has deleted meanwhile is dropped.

use super::secret::{Consumer, Description, Grant, Secret};
use super::world::World;
use juju::{Databag, Entity, Port, RelationId, SecretContent, SecretId, Status, StorageDeclaration, UnitName};

/// A change by a hook.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    Databag { relation: RelationId, owner: Entity, changes: Databag },
    State { key: String, value: Option<String> },
    OpenPort(Port),
    ClosePort(Port),
    AddSecret(Box<Secret>),
    ReviseSecret { id: SecretId, about: Description, content: Option<SecretContent> },
    Grant { id: SecretId, grant: Grant },
    Revoke { id: SecretId, relation: Option<RelationId>, unit: Option<UnitName> },
    RemoveSecret { id: SecretId, revision: Option<u64> },
    TrackSecret { id: SecretId, consumer: Consumer },
    UnitStatus(Status),
    AppStatus(Status),
    Version(String),
    AddStorage { name: String, declared: StorageDeclaration },
}

impl Write {
    /// True if Juju applies the write at once, even if the hook fails later. The tracking of a revision that the same
    /// hook adds waits for the commit.
    pub(crate) fn is_immediate(&self, world: &World) -> bool {
        match self {
            Write::UnitStatus(_) | Write::AppStatus(_) | Write::Version(_) => true,
            Write::TrackSecret { id, consumer } => {
                world.secrets.get(id).is_some_and(|secret| secret.revisions.contains_key(&consumer.revision))
            }
            _ => false,
        }
    }
}

impl World {
    /// Applies a write of a unit.
    pub(crate) fn apply(&mut self, unit: &UnitName, write: &Write) {
        match write {
            Write::Databag { relation, owner, changes } => self.write_databag(unit, *relation, owner, changes),
            Write::AppStatus(status) => {
                if let Some(app) = self.applications.get_mut(unit.app()) {
                    app.set_status(status.clone());
                }
            }
            Write::Version(version) => {
                if let Some(app) = self.applications.get_mut(unit.app()) {
                    app.set_version(version.clone());
                }
            }
            Write::AddStorage { name, declared } => {
                self.add_storage(unit, name, declared);
            }
            Write::State { .. } | Write::OpenPort(_) | Write::ClosePort(_) | Write::UnitStatus(_) => {
                self.apply_to_unit(unit, write);
            }
            _ => self.apply_to_secret(unit, write),
        }
    }

    /// Changes a databag. The writer gets no relation-changed for it, for example the leader that writes its
    /// application's databag of a peer relation.
    fn write_databag(&mut self, unit: &UnitName, id: RelationId, owner: &Entity, changes: &Databag) {
        let Some(relation) = self.relations.get_mut(&id) else { return };
        let before = relation.version(owner);
        relation.set(owner, changes);
        let after = relation.version(owner);
        let Entity::App(app) = owner else { return };
        if let Some(known) = self.unit_mut(unit).and_then(|unit| unit.memory.relations.get_mut(&id)) {
            let told = known.apps.entry(app.clone()).or_default();
            if *told == before {
                *told = after;
            }
        }
    }

    fn apply_to_unit(&mut self, unit: &UnitName, write: &Write) {
        let Some(unit) = self.unit_mut(unit) else { return };
        match write {
            Write::State { key, value: Some(value) } => {
                unit.state.insert(key.clone(), value.clone());
            }
            Write::State { key, value: None } => {
                unit.state.remove(key);
            }
            Write::OpenPort(port) => {
                unit.ports.insert(*port);
            }
            Write::ClosePort(port) => {
                unit.ports.remove(port);
            }
            Write::UnitStatus(status) => unit.set_status(status.clone()),
            _ => {}
        }
    }

    fn apply_to_secret(&mut self, unit: &UnitName, write: &Write) {
        match write {
            Write::AddSecret(secret) => {
                self.add_secret((**secret).clone());
            }
            Write::RemoveSecret { id, revision } => self.remove_secret(id, *revision),
            Write::ReviseSecret { id, .. }
            | Write::Grant { id, .. }
            | Write::Revoke { id, .. }
            | Write::TrackSecret { id, .. } => {
                if let Some(secret) = self.secrets.get_mut(id) {
                    secret.apply(unit, write);
                }
                if let (Write::TrackSecret { .. }, Some(unit)) = (write, self.unit_mut(unit)) {
                    unit.secrets.insert(id.clone());
                }
            }
            _ => {}
        }
    }

    /// Removes one revision, or the secret without a number. A secret without revisions is removed too.
    fn remove_secret(&mut self, id: &SecretId, revision: Option<u64>) {
        if let (Some(secret), Some(revision)) = (self.secrets.get_mut(id), revision) {
            secret.revisions.remove(&revision);
            if !secret.revisions.is_empty() {
                return;
            }
        }
        self.secrets.remove(id);
    }
}

impl Secret {
    /// Adds a grant unless it is there.
    pub(crate) fn grant(&mut self, grant: Grant) {
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
    }

    fn apply(&mut self, unit: &UnitName, write: &Write) {
        match write {
            Write::ReviseSecret { about, content, .. } => {
                self.about.update(about);
                if let Some(content) = content {
                    self.revise(content.clone());
                }
            }
            Write::Grant { grant, .. } => self.grant(grant.clone()),
            Write::Revoke { relation, unit, .. } => self.grants.retain(|grant| {
                relation.is_some_and(|id| id != grant.relation) || (unit.is_some() && *unit != grant.unit)
            }),
            Write::TrackSecret { consumer, .. } => {
                self.consumers.insert(unit.clone(), consumer.clone());
            }
            _ => {}
        }
    }
}
