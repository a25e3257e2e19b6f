//! Applications, relations and secrets as one value. A hook works on a copy of it: the hook doesn't see changes made
//! meanwhile, and sees its own writes at once.

use super::application::{Application, Unit};
use super::relation::Relation;
use super::secret::Secret;
use juju::{RelationId, SecretId, UnitName};
use std::collections::BTreeMap;

/// Applications, relations and secrets of one model.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) applications: BTreeMap<String, Application>,
    pub(crate) relations: BTreeMap<RelationId, Relation>,
    pub(crate) secrets: BTreeMap<SecretId, Secret>,
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
    pub(crate) fn relations_of<'a>(&'a self, app: &'a str) -> impl Iterator<Item = &'a Relation> {
        self.relations.values().filter(move |relation| relation.side(app).is_some())
    }

    /// True if the application has a charm, so that its units get events.
    pub(crate) fn has_charm(&self, app: &str) -> bool {
        self.applications.get(app).is_some_and(|app| app.charm.is_some())
    }
}
