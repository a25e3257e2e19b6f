//! Relations of the unit under test, changed from outside: relations, remote units, databags of every side.

use super::{Done, Harness, HarnessError};
use crate::model::{Addresses, Application, Error as ModelError, Relation, Side, Unit};
use juju::{
    Charm, Databag, Endpoint, Entity, Event, MAX_DATABAG_BYTES, RelationEvent, RelationId, RelationKind, Role, Scope,
    UnitName,
};

impl<C: Charm> Harness<C> {
    /// Adds a relation of an endpoint to a remote application, or for a peer endpoint to the charm's own. The charm gets
    /// relation-created. The remote application needs no charm; it has no units yet.
    ///
    /// # Errors
    /// The endpoint is not declared, it has reached its limit, or the application can't be at its other end; the charm
    /// fails.
    pub fn add_relation(&mut self, endpoint: &str, remote_app: &str) -> Done<C, RelationId> {
        let declared = self.endpoint(endpoint)?;
        self.must_fit(&declared, remote_app)?;
        let id = self.relate(&declared, remote_app);
        self.fire_relation(id, RelationKind::Created, None)?;
        Ok(id)
    }

    /// Adds a relation whose databags have values already. The charm gets relation-created and, if there is any data,
    /// joined for unit 0 of the remote application, changed for the application, and changed for the unit.
    ///
    /// # Errors
    /// As [`Harness::add_relation`].
    pub fn add_relation_with<'a>(
        &mut self,
        endpoint: &str,
        remote_app: &str,
        app_data: impl IntoIterator<Item = (&'a str, &'a str)>,
        unit_data: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Done<C, RelationId> {
        let (app_data, unit_data) = (Databag::from_iter(app_data), Databag::from_iter(unit_data));
        let id = self.add_relation(endpoint, remote_app)?;
        if app_data.is_empty() && unit_data.is_empty() {
            return Ok(id);
        }
        let unit = UnitName::new(remote_app, 0);
        self.enter(id, &unit);
        self.relation_mut(id)?.set(&Entity::App(remote_app.to_owned()), &app_data);
        self.relation_mut(id)?.set(&Entity::Unit(unit.clone()), &unit_data);
        self.fire_relation(id, RelationKind::Joined, Some(&unit))?;
        if !app_data.is_empty() {
            self.fire_relation(id, RelationKind::Changed, None)?;
        }
        self.fire_relation(id, RelationKind::Changed, Some(&unit))?;
        Ok(id)
    }

    /// Adds a unit of the remote application, or a peer, with its addresses in its databag. The charm gets joined.
    ///
    /// # Errors
    /// There is no such relation, the unit is in it already, or it is a unit of another application; the charm fails.
    pub fn add_relation_unit(&mut self, id: RelationId, unit: &str) -> Done<C> {
        let unit = self.unit_of(id, unit)?;
        let relation = self.relation(id)?;
        if relation.members.contains(&unit) {
            return Err(HarnessError::DuplicateUnit(unit.to_string()));
        }
        let is_second = relation.counterparts(&self.unit).next().is_some();
        let side = relation.side(self.unit.app()).map(|side| side.endpoint.clone()).unwrap_or_default();
        if is_second && self.endpoint(&side)?.scope == Scope::Container {
            return Err(HarnessError::ContainerScope(unit.to_string()));
        }
        self.enter(id, &unit);
        self.fire_relation(id, RelationKind::Joined, Some(&unit))
    }

    /// Changes a databag; the empty string removes a key. The charm gets changed if a databag differs afterwards that
    /// Juju tells it of: the remote application's, a remote unit's, a peer's and, unless it leads, its own application's
    /// in a peer relation.
    ///
    /// # Errors
    /// There is no such relation, the unit or application takes no part in it, or the databag would be larger than
    /// 16 MiB; the charm fails.
    pub fn update_relation_data<'a>(
        &mut self,
        id: RelationId,
        app_or_unit: &str,
        changes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Done<C> {
        let owner = entity(app_or_unit).ok_or_else(|| HarnessError::InvalidName(app_or_unit.to_owned()))?;
        let relation = self.relation(id)?;
        if relation.bag(&owner).is_none() {
            return Err(ModelError::NotInRelation { id, entity: owner.to_string() }.into());
        }
        let before = relation.databag(&owner);
        let mut after = before.clone();
        after.apply(&Databag::from_iter(changes));
        if after.bytes() > MAX_DATABAG_BYTES {
            return Err(ModelError::DatabagTooLarge { id, bytes: after.bytes() }.into());
        }
        let (is_told, changes) = (before != after && self.is_told_of(relation, &owner), difference(&before, &after));
        self.relation_mut(id)?.set(&owner, &changes);
        match owner {
            Entity::Unit(unit) if is_told => self.fire_relation(id, RelationKind::Changed, Some(&unit)),
            Entity::App(_) if is_told => self.fire_relation(id, RelationKind::Changed, None),
            _ => Ok(()),
        }
    }

    /// A databag of any side, without access rules; empty for an application or unit outside of the relation.
    ///
    /// # Errors
    /// There is no such relation.
    pub fn get_relation_data(&self, id: RelationId, app_or_unit: &str) -> Done<C, Databag> {
        let relation = self.relation(id)?;
        Ok(entity(app_or_unit).map(|owner| relation.databag(&owner)).unwrap_or_default())
    }

    /// Removes a remote unit. The charm gets departed, in which the unit is not listed and its databag is readable; then
    /// the databag is gone.
    ///
    /// # Errors
    /// There is no such relation, or the unit is not in it; the charm fails.
    pub fn remove_relation_unit(&mut self, id: RelationId, unit: &str) -> Done<C> {
        let unit = self.unit_of(id, unit)?;
        if !self.relation(id)?.members.contains(&unit) {
            return Err(ModelError::NotInRelation { id, entity: unit.to_string() }.into());
        }
        self.relation_mut(id)?.leave(&unit);
        let told = self.fire_relation(id, RelationKind::Departed, Some(&unit));
        if let Ok(relation) = self.relation_mut(id) {
            relation.bags.remove(&Entity::Unit(unit));
        }
        told
    }

    /// Removes a relation. The charm gets departed for each remote unit, then broken; then the relation's databags and
    /// the grants of secrets to it are gone.
    ///
    /// # Errors
    /// There is no such relation; the charm fails.
    pub fn remove_relation(&mut self, id: RelationId) -> Done<C> {
        let units: Vec<UnitName> = self.relation(id)?.counterparts(&self.unit).cloned().collect();
        for unit in units {
            self.remove_relation_unit(id, &unit.to_string())?;
        }
        let told = self.fire_relation(id, RelationKind::Broken, None);
        self.model.world_mut().delete_relation(id);
        told
    }

    /// A declared endpoint.
    pub(super) fn endpoint(&self, name: &str) -> Done<C, Endpoint> {
        let metadata = &self.charm.metadata;
        metadata.endpoint(name).cloned().ok_or_else(|| HarnessError::Undeclared {
            kind: "endpoint",
            name: name.to_owned(),
            nearest: juju::nearest(name, metadata.endpoints.iter().map(|endpoint| endpoint.name.as_str()))
                .map(str::to_owned),
        })
    }

    fn must_fit(&self, endpoint: &Endpoint, remote_app: &str) -> Done<C> {
        if (endpoint.role == Role::Peers) != (remote_app == self.unit.app()) {
            let (endpoint, app) = (endpoint.name.clone(), remote_app.to_owned());
            return Err(HarnessError::RemoteApplication { endpoint, app });
        }
        let used = self.relations_of(&endpoint.name).len();
        match endpoint.limit.filter(|limit| used >= *limit as usize) {
            Some(limit) => Err(HarnessError::LimitExceeded { endpoint: endpoint.name.clone(), limit }),
            None => Ok(()),
        }
    }

    /// The relations of an endpoint, by id.
    pub(super) fn relations_of(&self, endpoint: &str) -> Vec<RelationId> {
        let app = self.unit.app();
        let relations = self.model.world().relations_of(app);
        let is_of = |relation: &&Relation| relation.side(app).is_some_and(|side| side.endpoint == endpoint);
        relations.filter(is_of).map(|relation| relation.id).collect()
    }

    /// Adds the relation to the model, without an event.
    pub(super) fn relate(&mut self, endpoint: &Endpoint, remote_app: &str) -> RelationId {
        let id = RelationId(self.next_relation);
        self.next_relation += 1;
        let mut sides = vec![side(self.unit.app(), endpoint, endpoint.role)];
        match endpoint.role {
            Role::Peers => {}
            Role::Requires => sides.push(side(remote_app, endpoint, Role::Provides)),
            Role::Provides => sides.push(side(remote_app, endpoint, Role::Requires)),
        }
        let world = self.model.world_mut();
        if !world.applications.contains_key(remote_app) {
            world.applications.insert(remote_app.to_owned(), Application::new(remote_app, None, Vec::new()));
        }
        world.add_relation(Relation::new(id, &endpoint.interface, sides));
        self.add_relation_network(id, &endpoint.name);
        let me = self.unit.clone();
        self.enter(id, &me);
        self.refill_databags();
        id
    }

    /// Makes a unit a member of a relation, with its addresses in its databag.
    fn enter(&mut self, id: RelationId, name: &UnitName) {
        let world = self.model.world_mut();
        let Some(app) = world.applications.get_mut(name.app()) else { return };
        if !app.units.contains_key(name) {
            let address = Addresses::of(format!("10.0.1.{}", name.number() % 240 + 10));
            app.units.insert(name.clone(), Unit::new(name.clone(), address));
        }
        let settings = app.units.get(name).map(|unit| unit.addresses.settings()).unwrap_or_default();
        if let Some(relation) = world.relations.get_mut(&id) {
            relation.enter(name, &settings);
        }
    }

    /// A relation of the unit's application.
    pub(super) fn relation(&self, id: RelationId) -> Done<C, &Relation> {
        let relation = self.model.world().relations.get(&id);
        relation.ok_or_else(|| ModelError::RelationNotFound(id).into())
    }

    pub(super) fn relation_mut(&mut self, id: RelationId) -> Done<C, &mut Relation> {
        let relation = self.model.world_mut().relations.get_mut(&id);
        relation.ok_or_else(|| ModelError::RelationNotFound(id).into())
    }

    /// A unit that may be at the other end of the relation.
    fn unit_of(&self, id: RelationId, unit: &str) -> Done<C, UnitName> {
        let app = self.relation(id)?.remote_app(self.unit.app()).to_owned();
        let name: UnitName = unit.parse().map_err(|_| HarnessError::InvalidName(unit.to_owned()))?;
        if name.app() == app && name != self.unit {
            Ok(name)
        } else {
            Err(HarnessError::ForeignUnit { unit: unit.to_owned(), app })
        }
    }

    /// True if Juju sends relation-changed for this databag.
    pub(super) fn is_told_of(&self, relation: &Relation, owner: &Entity) -> bool {
        match owner {
            Entity::Unit(unit) => *unit != self.unit,
            Entity::App(app) if app == self.unit.app() => {
                relation.is_peer() && !self.model.world().is_leader(&self.unit)
            }
            Entity::App(_) => true,
        }
    }

    pub(super) fn fire_relation(&mut self, id: RelationId, kind: RelationKind, unit: Option<&UnitName>) -> Done<C> {
        let relation = self.relation(id)?;
        let endpoint = relation.side(self.unit.app()).map(|side| side.endpoint.clone()).unwrap_or_default();
        let app = Some(relation.remote_app(self.unit.app()).to_owned());
        let departing = unit.filter(|_| kind == RelationKind::Departed).cloned();
        self.fire(&Event::Relation(RelationEvent { kind, endpoint, id, app, unit: unit.cloned(), departing }))
    }
}

fn side(app: &str, endpoint: &Endpoint, role: Role) -> Side {
    Side { app: app.to_owned(), endpoint: endpoint.name.clone(), role }
}

/// The application or unit of that name; `None` if it is neither's.
pub(super) fn entity(name: &str) -> Option<Entity> {
    if name.contains('/') { name.parse().ok().map(Entity::Unit) } else { Some(Entity::App(name.to_owned())) }
}

/// The changes that turn one databag into another; the empty string removes a key.
fn difference(before: &Databag, after: &Databag) -> Databag {
    let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), String::new()));
    after.iter().map(|(key, value)| (key.clone(), value.clone())).chain(gone).collect()
}
