//! Relations as an operator makes and removes them, and their databags as seen from outside any hook.

use super::relation::{Relation, Side};
use super::{Error, Hook, Model};
use juju::{Databag, Endpoint, Entity, Event, MAX_DATABAG_BYTES, RelationId, RelationKind, Role, UnitName};

/// An application's end and what its charm declares of it.
type Candidate = (Side, Endpoint);

/// A relation as `juju status --relations` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationInfo {
    /// Its number.
    pub id: RelationId,
    /// The interface of its endpoints.
    pub interface: String,
    /// Application, endpoint and role of each side; one side between peers.
    pub sides: Vec<(String, String, Role)>,
    /// Is it being removed?
    pub is_dying: bool,
    /// The units that take part.
    pub members: Vec<UnitName>,
}

impl RelationInfo {
    /// The endpoint an application takes part by.
    pub fn endpoint(&self, app: &str) -> Option<&str> {
        self.sides.iter().find(|(name, ..)| name == app).map(|(_, endpoint, _)| endpoint.as_str())
    }
}

impl Model {
    /// Integrates two applications, each named as `app` or `app:endpoint`: their endpoints must have one interface and
    /// opposite roles. Their units get created, joined and changed.
    ///
    /// # Errors
    /// An application or endpoint is unknown, nothing matches or too much does, they are integrated already, or an
    /// endpoint is full.
    pub fn integrate(&mut self, one: &str, other: &str) -> Result<RelationId, Error> {
        let (a, b) = self.matching(one, other)?;
        for (side, endpoint) in [&a, &b] {
            self.check_limit(side, endpoint)?;
        }
        let is_same =
            |relation: &&Relation| !relation.is_dying && [&a.0, &b.0].iter().all(|side| relation.sides.contains(side));
        if self.world.relations.values().any(|relation| is_same(&relation)) {
            return Err(Error::Duplicate(a.0.name(), b.0.name()));
        }
        let interface = a.1.interface.clone();
        Ok(self.relate(&interface, vec![a.0, b.0]))
    }

    fn matching(&self, one: &str, other: &str) -> Result<(Candidate, Candidate), Error> {
        let (lefts, rights) = (self.candidates(one)?, self.candidates(other)?);
        let mut found = Vec::new();
        for left in &lefts {
            for right in &rights {
                if do_fit(&left.1, &right.1) && left.0.app != right.0.app {
                    found.push((left.clone(), right.clone()));
                }
            }
        }
        match found.len() {
            0 => Err(Error::NoMatch(one.to_owned(), other.to_owned())),
            1 => Ok(found.remove(0)),
            _ => {
                let names: Vec<String> = found.iter().map(|(a, b)| format!("{} {}", a.0.name(), b.0.name())).collect();
                Err(Error::Ambiguous(one.to_owned(), other.to_owned(), names.join(", ")))
            }
        }
    }

    /// The endpoints a name such as `app` or `app:endpoint` stands for.
    fn candidates(&self, name: &str) -> Result<Vec<Candidate>, Error> {
        let (app, endpoint) = name.split_once(':').map_or((name, None), |(app, endpoint)| (app, Some(endpoint)));
        let declared = &self.application(app)?.endpoints;
        let wanted: Vec<&Endpoint> =
            declared.iter().filter(|known| endpoint.is_none_or(|name| known.name == name)).collect();
        if let (Some(endpoint), true) = (endpoint, wanted.is_empty()) {
            return Err(Error::UnknownEndpoint { app: app.to_owned(), endpoint: endpoint.to_owned() });
        }
        Ok(wanted.into_iter().map(|endpoint| (Side::of(app, endpoint), endpoint.clone())).collect())
    }

    fn check_limit(&self, side: &Side, endpoint: &Endpoint) -> Result<(), Error> {
        let Some(limit) = endpoint.limit else { return Ok(()) };
        let used = self.world.relations.values().filter(|relation| !relation.is_dying && relation.sides.contains(side));
        if used.count() < limit as usize { Ok(()) } else { Err(Error::LimitExceeded { endpoint: side.name(), limit }) }
    }

    /// Makes the relation. Units without a charm are members at once, the others when they have been told.
    pub(crate) fn relate(&mut self, interface: &str, sides: Vec<Side>) -> RelationId {
        let id = RelationId(self.next_relation);
        self.next_relation += 1;
        self.world.relations.insert(id, Relation::new(id, interface, sides));
        self.enter_units_without_charm();
        id
    }

    /// Units nobody dispatches events to take part in everything at once.
    pub(super) fn enter_units_without_charm(&mut self) {
        for app in self.world.applications.values().filter(|app| app.charm.is_none()) {
            for relation in self.world.relations.values_mut().filter(|relation| !relation.is_dying) {
                let Some(side) = relation.side(&app.name).cloned() else { continue };
                for unit in app.units.values() {
                    relation.enter(&unit.name, &unit.addresses(&side.endpoint).settings());
                }
            }
        }
    }

    /// Removes a relation: its units get departed and broken, then it is gone with all that was granted to it.
    ///
    /// # Errors
    /// There is no such relation.
    pub fn remove_relation(&mut self, id: RelationId) -> Result<(), Error> {
        let relation = self.world.relations.get_mut(&id).ok_or(Error::RelationNotFound(id))?;
        relation.is_dying = true;
        self.delete_dead_relations();
        Ok(())
    }

    /// All relations, by number.
    pub fn relations(&self) -> impl Iterator<Item = RelationInfo> {
        self.world.relations.values().map(|relation| RelationInfo {
            id: relation.id,
            interface: relation.interface.clone(),
            sides: relation.sides.iter().map(|s| (s.app.clone(), s.endpoint.clone(), s.role)).collect(),
            is_dying: relation.is_dying,
            members: relation.members.iter().cloned().collect(),
        })
    }

    /// A databag, whoever may read it.
    ///
    /// # Errors
    /// There is no such relation, or the unit or application takes no part in it.
    pub fn databag(&self, id: RelationId, entity: &Entity) -> Result<Databag, Error> {
        let relation = self.world.relations.get(&id).ok_or(Error::RelationNotFound(id))?;
        relation.check(entity)?;
        Ok(relation.databag(entity))
    }

    /// Changes a databag from outside: how applications without a charm speak. The empty string removes a key; whoever
    /// can read the databag gets a changed when something differs.
    ///
    /// # Errors
    /// There is no such relation, the unit or application takes no part in it, or the databag would be too large.
    pub fn set_databag(&mut self, id: RelationId, entity: &Entity, changes: &Databag) -> Result<(), Error> {
        let relation = self.world.relations.get_mut(&id).ok_or(Error::RelationNotFound(id))?;
        relation.check(entity)?;
        let mut after = relation.databag(entity);
        after.apply(changes);
        if after.bytes() > MAX_DATABAG_BYTES {
            return Err(Error::DatabagTooLarge { id, bytes: after.bytes() });
        }
        relation.set(entity, changes);
        Ok(())
    }

    /// What a hook that ended well means beyond its writes.
    pub(super) fn settle(&mut self, hook: &Hook) {
        match &hook.event {
            Event::Relation(event) if event.kind == RelationKind::Broken => {
                if let Some(relation) = self.world.relations.get_mut(&event.id) {
                    relation.members.remove(&hook.unit);
                }
            }
            Event::Remove => self.forget_unit(&hook.unit),
            _ => {}
        }
    }

    /// Takes away the relations that are removed and which every unit has left.
    pub(super) fn delete_dead_relations(&mut self) {
        let dead: Vec<RelationId> =
            self.world.relations.values().filter(|r| r.is_dying && !self.has_events(r.id)).map(|r| r.id).collect();
        for id in dead {
            self.world.relations.remove(&id);
            for secret in self.world.secrets.values_mut() {
                secret.grants.retain(|grant| grant.relation != id);
            }
            for unit in self.world.applications.values_mut().flat_map(|app| app.units.values_mut()) {
                unit.memory.relations.remove(&id);
            }
        }
    }

    /// Has a unit still to be told that the relation ends?
    fn has_events(&self, id: RelationId) -> bool {
        let is_about = |event: &Event| matches!(event, Event::Relation(event) if event.id == id);
        let mut units = self.world.applications.values().flat_map(|app| app.units.values());
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

    fn name(&self) -> String {
        format!("{}:{}", self.app, self.endpoint)
    }
}

/// One interface, opposite roles.
fn do_fit(one: &Endpoint, other: &Endpoint) -> bool {
    let roles = (one.role, other.role);
    one.interface == other.interface
        && matches!(roles, (Role::Provides, Role::Requires) | (Role::Requires, Role::Provides))
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
