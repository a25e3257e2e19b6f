//! Relations: two sides (a peer relation has one), a databag for each application and unit, and the member units.

use juju::{Databag, Endpoint, Entity, RelationId, Role, Scope, UnitName};
use std::collections::{BTreeMap, BTreeSet};

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

/// A databag and a version that grows with each change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bag {
    pub(crate) values: Databag,
    pub(crate) version: u64,
}

impl Bag {
    /// Applies changes; the empty string removes a key. The version grows only if the databag differs afterwards.
    pub(crate) fn apply(&mut self, changes: &Databag) {
        let before = self.values.clone();
        self.values.apply(changes);
        if self.values != before {
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
    pub(crate) sides: Vec<Side>,
    /// True if the relation is being removed: units get departed and broken, then the model deletes it.
    pub(crate) is_dying: bool,
    /// The units that have entered; the units of the other side get relation-joined for each.
    pub(crate) members: BTreeSet<UnitName>,
    pub(crate) bags: BTreeMap<Entity, Bag>,
    /// UUID of the remote application's model, if it is another model.
    pub(crate) remote_model: Option<String>,
}

impl Relation {
    pub(crate) fn new(id: RelationId, interface: &str, sides: Vec<Side>) -> Relation {
        let bags = sides.iter().map(|side| (Entity::App(side.app.clone()), Bag::default())).collect();
        Relation {
            id,
            interface: interface.to_owned(),
            sides,
            is_dying: false,
            members: BTreeSet::new(),
            bags,
            remote_model: None,
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

    /// The members that a unit gets events for: those of the remote application, or its peers.
    pub(crate) fn counterparts<'a>(&'a self, unit: &'a UnitName) -> impl Iterator<Item = &'a UnitName> {
        let remote = self.remote_app(unit.app());
        self.members.iter().filter(move |member| member.app() == remote && *member != unit)
    }

    pub(crate) fn bag(&self, owner: &Entity) -> Option<&Bag> {
        self.bags.get(owner)
    }

    pub(crate) fn version(&self, owner: &Entity) -> u64 {
        self.bags.get(owner).map_or(0, |bag| bag.version)
    }

    pub(crate) fn set(&mut self, owner: &Entity, changes: &Databag) {
        self.bags.entry(owner.clone()).or_default().apply(changes);
    }

    /// Makes a unit a member, with its addresses in its databag, as Juju does.
    pub(crate) fn enter(&mut self, unit: &UnitName, addresses: &Databag) {
        if self.members.insert(unit.clone()) {
            let bag = self.bags.entry(Entity::Unit(unit.clone())).or_default();
            bag.apply(addresses);
        }
    }

    pub(crate) fn databag(&self, owner: &Entity) -> Databag {
        self.bag(owner).map(|bag| bag.values.clone()).unwrap_or_default()
    }
}
