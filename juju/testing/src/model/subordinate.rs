//! Subordinates: units that sit beside a unit of another application, and container-scoped relations, in which each of
//! the two sees the other alone.
//!
//! A subordinate unit comes when a unit of its principal enters their relation. It goes with that unit, or when its last
//! container-scoped relation with the principal ends.

use super::application::Unit;
use super::relation::Relation;
use super::world::World;
use super::{Error, Model};
use juju::{RelationId, Scope, UnitName};
use std::sync::Arc;

impl Relation {
    /// Makes two units the only ones that see each other in a container-scoped relation.
    pub(crate) fn pair(&mut self, one: &UnitName, other: &UnitName) {
        let pairs = Arc::make_mut(&mut self.pairs);
        pairs.insert(one.clone(), other.clone());
        pairs.insert(other.clone(), one.clone());
    }

    /// True if the unit may meet the other: everywhere but in a container-scoped relation, where it meets one.
    pub(crate) fn may_meet(&self, unit: &UnitName, other: &UnitName) -> bool {
        self.scope == Scope::Global || self.pairs.get(unit) == Some(other)
    }
}

impl World {
    /// Makes sure that a unit which has entered a container-scoped relation has the subordinate unit beside it.
    pub(super) fn attach_subordinate(&mut self, id: RelationId, principal: &UnitName) {
        let Some(relation) = self.relations.get(&id).filter(|relation| relation.scope == Scope::Container) else {
            return;
        };
        let name = relation.remote_app(principal.app()).to_owned();
        let is_ready = relation.pairs.contains_key(principal) || self.is_subordinate(principal.app());
        if is_ready || !self.is_subordinate(&name) {
            return;
        }
        let Some(unit) = self.subordinate_of(&name, principal).or_else(|| self.add_subordinate(&name, principal))
        else {
            return;
        };
        if let Some(relation) = self.relations.get_mut(&id) {
            relation.pair(principal, &unit);
        }
    }

    /// True if the unit takes part in the relation: in container scope a principal, or a subordinate beside one of the
    /// other side.
    pub(super) fn may_enter(&self, relation: &Relation, unit: &UnitName) -> bool {
        relation.scope == Scope::Global
            || relation.pairs.contains_key(unit)
            || (!self.is_subordinate(unit.app()) && self.is_subordinate(relation.remote_app(unit.app())))
    }

    /// True if the unit gets the relation's events.
    pub(super) fn gets_events(&self, relation: &Relation, unit: &UnitName) -> bool {
        relation.side(unit.app()).is_some_and(|side| !side.is_implicit()) && self.may_enter(relation, unit)
    }

    fn is_subordinate(&self, app: &str) -> bool {
        self.applications.get(app).is_some_and(super::Application::is_subordinate)
    }

    /// The unit of a subordinate application beside a principal's unit.
    fn subordinate_of(&self, app: &str, principal: &UnitName) -> Option<UnitName> {
        let mut units = self.applications.get(app)?.units.values();
        units.find(|unit| unit.principal.as_ref() == Some(principal)).map(|unit| unit.name.clone())
    }

    fn add_subordinate(&mut self, app: &str, principal: &UnitName) -> Option<UnitName> {
        let beside = self.unit(principal)?;
        let (addresses, machine) = (beside.addresses.clone(), beside.machine);
        let app = self.applications.get_mut(app).filter(|app| !app.is_dying)?;
        let mut unit = Unit::new(UnitName::new(app.name.clone(), app.next_unit), addresses);
        unit.principal = Some(principal.clone());
        unit.machine = machine;
        let name = app.add(unit);
        self.add_storages(&name);
        Some(name)
    }

    /// The subordinate units beside a unit, also while their relation is gone already.
    pub(super) fn subordinates(&self, principal: &UnitName) -> Vec<UnitName> {
        let apps = self.applications.values().filter(|app| app.is_subordinate());
        let units = apps.flat_map(|app| app.units.values());
        units.filter(|unit| unit.principal.as_ref() == Some(principal)).map(|unit| unit.name.clone()).collect()
    }

    /// True if the unit is there and a subordinate.
    fn is_beside(&self, unit: &UnitName) -> bool {
        self.unit(unit).is_some_and(|unit| unit.principal.is_some())
    }

    /// The subordinate units of a relation that have no other container-scoped relation with their principal.
    fn orphans(&self, id: RelationId) -> Vec<UnitName> {
        let Some(relation) = self.relations.get(&id) else { return Vec::new() };
        let subordinates = relation.pairs.keys().filter(|unit| self.is_beside(unit));
        let has_other = |unit: &&UnitName| {
            let mut others = self.relations_of(unit.app()).filter(|other| other.id != id && !other.is_dying);
            others.any(|other| other.pairs.get(unit) == relation.pairs.get(unit))
        };
        subordinates.filter(|unit| !has_other(unit)).cloned().collect()
    }
}

impl Model {
    /// Removes the subordinate units that a removed relation leaves without one to their principal.
    pub(super) fn remove_orphans(&mut self, id: RelationId) {
        for unit in self.world.orphans(id) {
            self.retire(&unit);
        }
    }

    /// The principal of a subordinate unit; `None` for other units.
    ///
    /// # Errors
    /// There is no such unit.
    pub fn principal(&self, unit: &UnitName) -> Result<Option<&UnitName>, Error> {
        Ok(self.unit(unit)?.principal.as_ref())
    }
}
