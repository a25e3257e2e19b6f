//! An operator's verbs for relations, and access to databags from outside a hook.

use super::relation::{Relation, Side};
use super::{Error, Hook, Model};
use juju::{Databag, Endpoint, Entity, Event, MAX_DATABAG_BYTES, RelationId, RelationKind, Role, UnitName};

/// An application's side of a possible relation, and the declaration of its endpoint.
type Candidate = (Side, Endpoint);

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
    /// The endpoint of an application in this relation.
    pub fn endpoint(&self, app: &str) -> Option<&str> {
        self.sides.iter().find(|(name, ..)| name == app).map(|(_, endpoint, _)| endpoint.as_str())
    }
}

impl Model {
    /// Integrates two applications, each named as `app` or `app:endpoint`: their endpoints must have one interface and
    /// opposite roles. Their units get created, joined and changed.
    ///
    /// # Errors
    /// An application or endpoint is unknown, no pair of endpoints matches or several do, they are integrated already,
    /// or an endpoint has reached its limit.
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

    /// The endpoints that `app` (all of them) or `app:endpoint` names.
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

    /// Makes a relation. Units without a charm enter it at once, units with a charm when their next hook begins.
    pub(crate) fn relate(&mut self, interface: &str, sides: Vec<Side>) -> RelationId {
        let id = RelationId(self.next_relation);
        self.next_relation += 1;
        self.world.relations.insert(id, Relation::new(id, interface, sides));
        self.enter_units_without_charm();
        id
    }

    /// Makes the units of applications without a charm members of all their relations; they get no events to enter by.
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

    /// Removes a relation: its units get departed and broken, then the model deletes it and the grants to it.
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
        let mut after = relation.databag(entity);
        after.apply(changes);
        if after.bytes() > MAX_DATABAG_BYTES {
            return Err(Error::DatabagTooLarge { id, bytes: after.bytes() });
        }
        relation.set(entity, changes);
        Ok(())
    }

    /// Applies the effects of a successful hook that are not writes: relation-broken ends the unit's membership, remove
    /// deletes the unit.
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

    /// Deletes the removed relations whose relation-broken has run in every unit, and the grants to them.
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

    /// True if an event of the relation is due or runs in a unit.
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

/// True if the endpoints have one interface, and one provides it while the other requires it.
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
