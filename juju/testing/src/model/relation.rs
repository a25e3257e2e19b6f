//! Relations: two sides (a peer relation has one), a databag for each application and unit, and the member units.

use super::resolver::JUJU_INFO;
use super::shared::SharedMap;
use juju::{Databag, Endpoint, Entity, RelationId, Role, Scope, UnitName};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An endpoint without a limit, for applications without a charm.
pub fn endpoint(name: impl Into<String>, role: Role, interface: impl Into<String>) -> Endpoint {
    let (name, interface) = (name.into(), interface.into());
    Endpoint { name, role, interface, optional: true, limit: None, scope: Scope::Global }
}

/// One application's side of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) app: String,
    pub(crate) endpoint: String,
    pub(crate) role: Role,
}

impl Side {
    /// True if the endpoint is the one that Juju adds to every application. Its units enter such a relation, and get no
    /// events of it.
    pub(crate) fn is_implicit(&self) -> bool {
        self.endpoint == JUJU_INFO && self.role == Role::Provides
    }
}

/// A databag and a version that grows with each change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bag {
    pub(crate) values: Arc<Databag>,
    pub(crate) version: u64,
}

impl Bag {
    /// Applies changes; the empty string removes a key. The version grows only if the databag differs afterwards.
    pub(crate) fn apply(&mut self, changes: &Databag) {
        let differs = |(key, value): (&String, &String)| self.values.text(key).unwrap_or_default() != value;
        if changes.iter().any(differs) {
            Arc::make_mut(&mut self.values).apply(changes);
            self.version += 1;
        }
    }
}

/// A relation.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) id: RelationId,
    pub(crate) interface: String,
    /// Two sides; one in a peer relation.
    pub(crate) sides: Arc<[Side]>,
    /// True if the relation is being removed: units get departed and broken, then the model deletes it.
    pub(crate) is_dying: bool,
    /// The units that have entered; the units of the other side get relation-joined for each.
    pub(crate) members: Arc<BTreeSet<UnitName>>,
    pub(crate) bags: SharedMap<Entity, Bag>,
    /// UUID of the remote application's model, if it is another model.
    pub(crate) remote_model: Option<String>,
    pub(crate) scope: Scope,
    /// In container scope: for each unit the one that it meets.
    pub(crate) pairs: Arc<BTreeMap<UnitName, UnitName>>,
}

impl Relation {
    pub(crate) fn new(id: RelationId, interface: &str, sides: Vec<Side>) -> Relation {
        let bags = sides.iter().map(|side| (Entity::App(side.app.clone()), Bag::default())).collect();
        Relation {
            id,
            interface: interface.to_owned(),
            sides: sides.into(),
            is_dying: false,
            members: Arc::default(),
            bags,
            remote_model: None,
            scope: Scope::Global,
            pairs: Arc::default(),
        }
    }

    pub(crate) fn side(&self, app: &str) -> Option<&Side> {
        self.sides.iter().find(|side| side.app == app)
    }

    pub(crate) fn is_peer(&self) -> bool {
        self.sides.len() == 1
    }

    /// The remote application for a unit of `app`; in a peer relation `app` itself.
    pub(crate) fn remote_app(&self, app: &str) -> &str {
        self.sides.iter().find(|side| side.app != app).map_or_else(|| self.sides[0].app.as_str(), |side| &side.app)
    }

    /// The members that a unit gets events for: those of the remote application, or its peers; in container scope the one
    /// beside it.
    pub(crate) fn counterparts<'a>(&'a self, unit: &'a UnitName) -> impl Iterator<Item = &'a UnitName> {
        let remote = self.remote_app(unit.app());
        let meets = move |member: &&UnitName| self.may_meet(unit, member);
        self.members.iter().filter(move |member| member.app() == remote && *member != unit).filter(meets)
    }

    pub(crate) fn bag(&self, owner: &Entity) -> Option<&Bag> {
        self.bags.get(owner)
    }

    pub(crate) fn version(&self, owner: &Entity) -> u64 {
        self.bags.get(owner).map_or(0, |bag| bag.version)
    }

    pub(crate) fn set(&mut self, owner: &Entity, changes: &Databag) {
        match self.bags.get_mut(owner) {
            Some(bag) => bag.apply(changes),
            None => {
                let mut bag = Bag::default();
                bag.apply(changes);
                self.bags.insert(owner.clone(), bag);
            }
        }
    }

    /// Makes a unit a member, with its addresses in its databag, as Juju does.
    pub(crate) fn enter(&mut self, unit: &UnitName, addresses: &Databag) {
        if !self.members.contains(unit) {
            Arc::make_mut(&mut self.members).insert(unit.clone());
            self.set(&Entity::Unit(unit.clone()), addresses);
        }
    }

    /// Ends a unit's membership; its databag stays.
    pub(crate) fn leave(&mut self, unit: &UnitName) {
        if self.members.contains(unit) {
            Arc::make_mut(&mut self.members).remove(unit);
        }
    }

    /// Size of a databag once the changes are in it.
    pub(crate) fn bytes_after(&self, owner: &Entity, changes: &Databag) -> usize {
        let Some(bag) = self.bag(owner) else { return changes.bytes() };
        let stays = |key: &String| changes.get(key).is_none();
        let kept = bag.values.iter().filter(|(key, _)| stays(key)).map(|(key, value)| key.len() + value.len());
        let new = changes.iter().filter(|(_, value)| !value.is_empty());
        kept.sum::<usize>() + new.map(|(key, value)| key.len() + value.len()).sum::<usize>()
    }

    pub(crate) fn databag(&self, owner: &Entity) -> Databag {
        self.bag(owner).map(|bag| Databag::clone(&bag.values)).unwrap_or_default()
    }
}
