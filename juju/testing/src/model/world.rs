//! Applications, relations and secrets as one value. A hook works on a clone of it: the hook doesn't see changes made
//! meanwhile, and sees its own writes at once. The clone shares all that neither side has changed ([`SharedMap`]), so a
//! hook's cost does not depend on the size of the model.

use super::application::{Application, Unit};
use super::cloud::Cloud;
use super::relation::Relation;
use super::secret::{Secret, SecretOwner};
use super::shared::SharedMap;
use super::storage::Storage;
use juju::{RelationId, SecretId, UnitName};
use std::sync::Arc;

/// Applications, relations and secrets of one model.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) name: Arc<str>,
    pub(crate) uuid: Arc<str>,
    pub(crate) applications: SharedMap<String, Application>,
    pub(crate) relations: SharedMap<RelationId, Relation>,
    pub(crate) secrets: SharedMap<SecretId, Secret>,
    /// Storage instances without a unit, by id.
    pub(crate) detached: SharedMap<String, Storage>,
    pub(crate) cloud: Cloud,
    /// Availability zone of the machines.
    pub(crate) zone: Arc<str>,
    /// The cloud's credential as JSON, if charms are trusted with it.
    pub(crate) credential: Option<Arc<str>>,
    pub(crate) next_storage: u32,
    pub(crate) next_machine: u32,
}

impl World {
    pub(crate) fn unit(&self, name: &UnitName) -> Option<&Unit> {
        self.applications.get(name.app())?.units.get(name)
    }

    pub(crate) fn unit_mut(&mut self, name: &UnitName) -> Option<&mut Unit> {
        self.applications.get_mut(name.app())?.units.get_mut(name)
    }

    pub(crate) fn is_leader(&self, unit: &UnitName) -> bool {
        self.applications.get(unit.app()).is_some_and(|app| app.leader.as_ref() == Some(unit))
    }

    /// The relations of an application, by id.
    pub(crate) fn relations_of(&self, app: &str) -> impl Iterator<Item = &Relation> {
        let ids = self.applications.get(app).into_iter().flat_map(|app| &app.relations);
        ids.filter_map(|id| self.relations.get(id))
    }

    /// Adds a relation of applications that are there.
    pub(crate) fn add_relation(&mut self, relation: Relation) {
        for side in relation.sides.iter() {
            if let Some(app) = self.applications.get_mut(&side.app) {
                app.relations.insert(relation.id);
            }
        }
        self.relations.insert(relation.id, relation);
    }

    /// Deletes a relation, the grants to it, and the units' memory of it.
    pub(crate) fn delete_relation(&mut self, id: RelationId) {
        let Some(relation) = self.relations.get(&id) else { return };
        let sides = relation.sides.clone();
        self.relations.remove(&id);
        self.secrets.change_where(
            |secret| secret.grants.iter().any(|grant| grant.relation == id),
            |secret| secret.grants.retain(|grant| grant.relation != id),
        );
        for side in sides.iter() {
            let Some(app) = self.applications.get_mut(&side.app) else { continue };
            app.relations.remove(&id);
            let knows = |unit: &Unit| unit.memory.relations.contains_key(&id);
            app.units.change_where(knows, |unit| {
                unit.memory.relations.remove(&id);
            });
        }
    }

    /// Deletes a unit, the secrets that it owns, and its tracking of others.
    pub(crate) fn delete_unit(&mut self, name: &UnitName) {
        let Some(unit) = self.unit(name) else { return };
        for id in unit.secrets.clone() {
            if let Some(secret) = self.secrets.get_mut(&id) {
                secret.consumers.remove(name);
            }
        }
        let is_own = |secret: &&Secret| secret.owner == SecretOwner::Unit(name.clone());
        let own: Vec<SecretId> = self.secrets_of(name.app()).filter(is_own).map(|secret| secret.id.clone()).collect();
        for id in own {
            self.secrets.remove(&id);
        }
        if let Some(app) = self.applications.get_mut(name.app()) {
            app.units.remove(name);
        }
    }

    /// Deletes an application and its secrets.
    pub(crate) fn delete_application(&mut self, name: &str) {
        let own: Vec<SecretId> = self.secrets_of(name).map(|secret| secret.id.clone()).collect();
        for id in own {
            self.secrets.remove(&id);
        }
        self.applications.remove(name);
    }

    /// Adds a secret.
    pub(crate) fn add_secret(&mut self, secret: Secret) {
        let owner = match &secret.owner {
            SecretOwner::User => None,
            SecretOwner::App(app) => Some(app.as_str()),
            SecretOwner::Unit(unit) => Some(unit.app()),
        };
        if let Some(app) = owner.and_then(|owner| self.applications.get_mut(owner)) {
            app.secrets.insert(secret.id.clone());
        }
        self.secrets.insert(secret.id.clone(), secret);
    }

    /// The secrets of an application and of its units, by id.
    pub(crate) fn secrets_of(&self, app: &str) -> impl Iterator<Item = &Secret> {
        let ids = self.applications.get(app).into_iter().flat_map(|app| &app.secrets);
        ids.filter_map(|id| self.secrets.get(id))
    }

    /// True if the application has a charm, so that its units get events.
    pub(crate) fn has_charm(&self, app: &str) -> bool {
        self.applications.get(app).is_some_and(|app| app.charm.is_some())
    }
}
