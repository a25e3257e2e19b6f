//! Relations as part of a state, and their events.

use super::world::DEFAULT_ADDRESS;
use crate::model::Addresses;
use juju::{Databag, Event, RelationEvent, RelationId, RelationKind, UnitName};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A relation, as this unit sees it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateRelation {
    /// Id of the relation.
    pub id: RelationId,
    /// Our endpoint.
    pub endpoint: String,
    /// Our application's databag.
    pub local_app_data: Databag,
    /// Our unit's databag.
    pub local_unit_data: Databag,
    /// The remote application; `None` in a peer relation.
    pub remote_app: Option<String>,
    /// The remote application's databag.
    pub remote_app_data: Databag,
    /// Databags by unit number: of the remote units or, in a peer relation, of the other units of our application. The
    /// address keys, which Juju puts into the databag of every unit, need not be among them: the charm reads an address
    /// for those that are missing.
    pub units_data: BTreeMap<u32, Databag>,
    /// UUID of the remote application's model, if it is another model.
    pub remote_model_uuid: Option<String>,
}

/// Keys that Juju puts into the databag of every unit.
fn default_unit_data() -> Databag {
    Addresses::of(DEFAULT_ADDRESS).settings()
}

/// Databag of a unit that has written `values`: with the address keys, which are there without its doing.
pub(super) fn prefilled(values: &Databag) -> Databag {
    let mut databag = default_unit_data();
    databag.apply(values);
    databag
}

impl Default for StateRelation {
    fn default() -> StateRelation {
        StateRelation {
            id: RelationId(1),
            endpoint: String::new(),
            local_app_data: Databag::new(),
            local_unit_data: default_unit_data(),
            remote_app: Some("remote".to_owned()),
            remote_app_data: Databag::new(),
            units_data: BTreeMap::from([(0, default_unit_data())]),
            remote_model_uuid: None,
        }
    }
}

impl StateRelation {
    /// A relation to one unit of an application with the name `remote`.
    pub fn new(id: u32, endpoint: impl Into<String>) -> StateRelation {
        StateRelation { id: RelationId(id), endpoint: endpoint.into(), ..StateRelation::default() }
    }

    /// A peer relation without other units; [`StateRelation::with_units`] adds some.
    pub fn peer(id: u32, endpoint: impl Into<String>) -> StateRelation {
        StateRelation { remote_app: None, units_data: BTreeMap::new(), ..StateRelation::new(id, endpoint) }
    }

    /// The same, with the remote units or peers of these numbers as well, each with its addresses.
    #[must_use]
    pub fn with_units(mut self, numbers: impl IntoIterator<Item = u32>) -> StateRelation {
        for number in numbers {
            self.units_data.entry(number).or_insert_with(default_unit_data);
        }
        self
    }

    fn event(&self, kind: RelationKind, app: &str, unit: Option<u32>) -> Event {
        let app = self.remote_app.clone().unwrap_or_else(|| app.to_owned());
        let unit = unit.map(|number| UnitName::new(app.clone(), number));
        let departing = unit.clone().filter(|_| kind == RelationKind::Departed);
        let (endpoint, id) = (self.endpoint.clone(), self.id);
        Event::Relation(RelationEvent { kind, endpoint, id, app: Some(app), unit, departing })
    }

    /// relation-created, as a unit of the application `app` gets it.
    pub fn created(&self, app: &str) -> Event {
        self.event(RelationKind::Created, app, None)
    }

    /// relation-joined of the remote unit with that number, as a unit of the application `app` gets it.
    pub fn joined(&self, app: &str, unit: u32) -> Event {
        self.event(RelationKind::Joined, app, Some(unit))
    }

    /// relation-changed of the remote unit with that number; `None` stands for the remote application.
    pub fn changed(&self, app: &str, unit: Option<u32>) -> Event {
        self.event(RelationKind::Changed, app, unit)
    }

    /// relation-departed of the remote unit with that number.
    pub fn departed(&self, app: &str, unit: u32) -> Event {
        self.event(RelationKind::Departed, app, Some(unit))
    }

    /// relation-broken, as a unit of the application `app` gets it.
    pub fn broken(&self, app: &str) -> Event {
        self.event(RelationKind::Broken, app, None)
    }
}
