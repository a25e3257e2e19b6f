//! An operator's verbs for relations, and access to databags from outside a hook.

use super::relation::{Relation, Side};
use super::resolver::{self, Integration, IntegrationEnd};
use super::{Error, Hook, Model, Unit};
use juju::{
    Databag, Endpoint, Entity, Event, MAX_DATABAG_BYTES, RelationId, RelationKind, Role, Scope, StorageKind, UnitName,
};

/// A relation as `juju status --relations` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationInfo {
    /// Id of the relation.
    pub id: RelationId,
    /// Interface of its endpoints.
    pub interface: String,
    /// Application, endpoint and role of each side; a peer relation has one side.
    pub sides: Vec<(String, String, Role)>,
    /// True if the relation is being removed.
    pub is_dying: bool,
    /// The units that take part.
    pub members: Vec<UnitName>,
}

impl RelationInfo {
    fn of(relation: &Relation) -> RelationInfo {
        RelationInfo {
            id: relation.id,
            interface: relation.interface.clone(),
            sides: relation.sides.iter().map(|s| (s.app.clone(), s.endpoint.clone(), s.role)).collect(),
            is_dying: relation.is_dying,
            members: relation.members.iter().cloned().collect(),
        }
    }

    /// The endpoint of an application in this relation.
    pub fn endpoint(&self, app: &str) -> Option<&str> {
        self.sides.iter().find(|(name, ..)| name == app).map(|(_, endpoint, _)| endpoint.as_str())
    }
}

impl Model {
    /// Integrates two applications, each named as `app` or `app:endpoint`, by the rules of [`crate::resolve`]. Their units
    /// get created, joined and changed.
    ///
    /// # Errors
    /// An application or endpoint is unknown, no pair of endpoints matches or several do, they are integrated already,
    /// or an endpoint has reached its limit.
    pub fn integrate(&mut self, one: &str, other: &str) -> Result<RelationId, Error> {
        let found = self.resolve(one, other)?;
        let interface = found.sides[0].1.interface.clone();
        let sides = found.sides.iter().map(|(app, endpoint)| Side::of(app, endpoint)).collect();
        Ok(self.relate(&interface, sides, found.scope))
    }

    /// The endpoints that [`Model::integrate`] would integrate.
    ///
    /// # Errors
    /// The same as [`Model::integrate`].
    pub fn resolve(&self, one: &str, other: &str) -> Result<Integration, Error> {
        let ends = [self.end(one)?, self.end(other)?];
        let relations: Vec<RelationInfo> = self.world.relations_of(ends[0].app).map(RelationInfo::of).collect();
        let others = self.world.relations_of(ends[1].app).filter(|relation| relation.side(ends[0].app).is_none());
        let all: Vec<RelationInfo> = relations.into_iter().chain(others.map(RelationInfo::of)).collect();
        resolver::resolve(&ends[0], &ends[1], &all)
    }

    fn end<'a>(&'a self, name: &'a str) -> Result<IntegrationEnd<'a>, Error> {
        let (app, endpoint) = resolver::split(name);
        let declared = self.application(app)?;
        Ok(IntegrationEnd {
            app,
            endpoint,
            declared: &declared.endpoints,
            is_subordinate: declared.is_subordinate(),
            is_remote: declared.remote_model.is_some(),
        })
    }

    /// Makes a relation. Units without events of it enter at once, the others when their next hook begins.
    pub(super) fn relate(&mut self, interface: &str, sides: Vec<Side>, scope: Scope) -> RelationId {
        let id = RelationId(self.next_relation);
        self.next_relation += 1;
        let remote_model = sides.iter().find_map(|side| self.world.applications.get(&side.app)?.remote_model.clone());
        let without_events: Vec<UnitName> = sides.iter().flat_map(|side| self.without_events(side)).collect();
        let mut relation = Relation::new(id, interface, sides);
        relation.scope = scope;
        relation.remote_model = remote_model.map(|uuid| uuid.to_string());
        self.world.add_relation(relation);
        for unit in without_events {
            self.world.enter_relations(&unit);
        }
        id
    }

    /// The units of a side that get no event to enter the relation by.
    fn without_events(&self, side: &Side) -> Vec<UnitName> {
        let Some(app) = self.world.applications.get(&side.app) else { return Vec::new() };
        let enters = |unit: &&Unit| app.charm.is_none() || (side.is_implicit() && unit.memory.installed);
        app.units.values().filter(enters).map(|unit| unit.name.clone()).collect()
    }

    /// Removes a relation: its units get departed and broken, then the model deletes it and the grants to it.
    ///
    /// # Errors
    /// There is no such relation.
    pub fn remove_relation(&mut self, id: RelationId) -> Result<(), Error> {
        let relation = self.world.relations.get_mut(&id).ok_or(Error::RelationNotFound(id))?;
        relation.is_dying = true;
        self.dying.insert(id);
        self.remove_orphans(id);
        self.delete_dead_relations();
        Ok(())
    }

    /// All relations, by number.
    pub fn relations(&self) -> impl Iterator<Item = RelationInfo> {
        self.world.relations.values().map(RelationInfo::of)
    }

    /// A databag. The rules for reading databags in a hook don't apply.
    ///
    /// # Errors
    /// There is no such relation, or the unit or application takes no part in it.
    pub fn databag(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        let relation = self.world.relations.get(&id).ok_or(Error::RelationNotFound(id))?;
        relation.check(entity)?;
        Ok(relation.databag(entity))
    }

    /// Changes a databag from outside a hook, as the caller does for applications without a charm. The empty string
    /// removes a key. Units that can read the databag get relation-changed if it differs from before.
    ///
    /// # Errors
    /// There is no such relation, the unit or application takes no part in it, or the databag would be too large.
    pub fn set_databag(&mut self, id: RelationId, entity: &Entity, changes: &Databag) -> Result<(), Error> {
        let relation = self.world.relations.get_mut(&id).ok_or(Error::RelationNotFound(id))?;
        relation.check(entity)?;
        let bytes = relation.bytes_after(entity, changes);
        if bytes > MAX_DATABAG_BYTES {
            return Err(Error::DatabagTooLarge { id, bytes });
        }
        relation.set(entity, changes);
        Ok(())
    }

    /// Applies the effects of a successful hook that are not writes: relation-broken ends the unit's membership,
    /// storage-detaching its hold of the instance, and remove the unit.
    pub(super) fn settle(&mut self, hook: &Hook) {
        match &hook.event {
            Event::Relation(event) if event.kind == RelationKind::Broken => {
                if let Some(relation) = self.world.relations.get_mut(&event.id) {
                    relation.leave(&hook.unit);
                }
            }
            Event::Storage(event) if event.kind == StorageKind::Detaching => self.world.detach(&hook.unit, &event.id),
            Event::Remove => self.forget_unit(&hook.unit),
            _ => {}
        }
    }

    /// Deletes the removed relations whose relation-broken has run in every unit, and the grants to them.
    pub(super) fn delete_dead_relations(&mut self) {
        let dead: Vec<RelationId> = self.dying.iter().copied().filter(|id| !self.has_events(*id)).collect();
        for id in dead {
            self.dying.remove(&id);
            self.world.delete_relation(id);
        }
    }

    /// True if an event of the relation is due or runs in a unit.
    fn has_events(&self, id: RelationId) -> bool {
        let is_about = |event: &Event| matches!(event, Event::Relation(event) if event.id == id);
        let sides = self.world.relations.get(&id).into_iter().flat_map(|relation| relation.sides.iter());
        let apps = sides.filter_map(|side| self.world.applications.get(&side.app));
        let mut units = apps.flat_map(|app| app.units.values());
        units.any(|unit| {
            unit.memory.relations.get(&id).is_some_and(|known| !known.broken)
                || unit.failed.as_ref().is_some_and(is_about)
        }) || self.hooks.values().any(|hook| is_about(&hook.event))
    }
}

impl Side {
    pub(super) fn of(app: &str, endpoint: &Endpoint) -> Side {
        Side { app: app.to_owned(), endpoint: endpoint.name.clone(), role: endpoint.role }
    }
}

impl Relation {
    fn check(&self, entity: &Entity) -> Result<(), Error> {
        let is_part = match entity {
            Entity::App(app) => self.side(app).is_some(),
            Entity::Unit(unit) => self.side(unit.app()).is_some() && self.bags.contains_key(entity),
        };
        if is_part { Ok(()) } else { Err(Error::NotInRelation { id: self.id, entity: entity.to_string() }) }
    }
}
