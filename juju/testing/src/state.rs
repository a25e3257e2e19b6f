//! A unit's whole world as one value: what a test says was before an event, and compares after it.
//!
//! Everything has a default, so a test names what matters. Deferred events and the charm's own memory are in
//! [`State::unit_state`], where the charm keeps them. Containers are not here: a charm under test speaks to a real
//! Pebble or supervisor in [`State::containers_dir`].

mod world;

use crate::model::Addresses;
use juju::{
    ConfigValue, Databag, Event, Port, RelationEvent, RelationId, RelationKind, Rotate, SecretContent, SecretId,
    Status, UnitName,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub(crate) use world::Scene;

/// A unit's world.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// The options the operator set; the charm's defaults need not be repeated.
    pub config: BTreeMap<String, ConfigValue>,
    /// True if the unit leads.
    pub leader: bool,
    /// The relations of its application.
    pub relations: Vec<StateRelation>,
    /// The secrets it can see.
    pub secrets: Vec<StateSecret>,
    /// Its addresses, by endpoint; the others have the default one.
    pub networks: BTreeMap<String, Addresses>,
    /// The ports it has opened.
    pub opened_ports: BTreeSet<Port>,
    /// The state its charm keeps from hook to hook.
    pub unit_state: BTreeMap<String, String>,
    /// Its status; `None` is unknown.
    pub unit_status: Option<Status>,
    /// Its application's status; `None` is unknown.
    pub app_status: Option<Status>,
    /// The version of the workload.
    pub workload_version: String,
    /// The planned number of units of the application, this one and its peers included.
    pub planned_units: u32,
    /// The path of each resource's file.
    pub resources: BTreeMap<String, PathBuf>,
    /// The model's name.
    pub model_name: String,
    /// The model's UUID.
    pub model_uuid: String,
    /// The folder with a folder for each container, in it `pebble.socket`.
    pub containers_dir: Option<PathBuf>,
}

impl Default for State {
    fn default() -> State {
        State {
            config: BTreeMap::new(),
            leader: false,
            relations: Vec::new(),
            secrets: Vec::new(),
            networks: BTreeMap::new(),
            opened_ports: BTreeSet::new(),
            unit_state: BTreeMap::new(),
            unit_status: None,
            app_status: None,
            workload_version: String::new(),
            planned_units: 1,
            resources: BTreeMap::new(),
            model_name: "test-model".to_owned(),
            model_uuid: "f2c8a4d6-3b1e-4f70-9a5d-6c0e2b8d4a19".to_owned(),
            containers_dir: None,
        }
    }
}

/// JSON that is no state.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the state: line {line}, column {column}")]
pub struct StateError {
    /// The line of the error.
    pub line: usize,
    /// The column of the error.
    pub column: usize,
    /// The reason.
    source: serde_json::Error,
}

impl State {
    /// Reads a state from JSON, in which each field may be left out and none be misspelt. A databag maps strings to
    /// strings: any other value in it is refused.
    ///
    /// # Errors
    /// The text is no JSON, or no state.
    pub fn from_json(text: &str) -> Result<State, StateError> {
        serde_json::from_str(text).map_err(|source| StateError { line: source.line(), column: source.column(), source })
    }

    /// The relation of that number.
    pub fn relation(&self, id: RelationId) -> Option<&StateRelation> {
        self.relations.iter().find(|relation| relation.id == id)
    }

    /// The relations of an endpoint.
    pub fn relations_of<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a StateRelation> {
        self.relations.iter().filter(move |relation| relation.endpoint == endpoint)
    }

    /// The secret of that id.
    pub fn secret(&self, id: &SecretId) -> Option<&StateSecret> {
        self.secrets.iter().find(|secret| secret.id == *id)
    }

    /// The secret of that label.
    pub fn secret_labelled(&self, label: &str) -> Option<&StateSecret> {
        self.secrets.iter().find(|secret| secret.label.as_deref() == Some(label))
    }
}

/// One relation, from this unit's side.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateRelation {
    /// Its number.
    pub id: RelationId,
    /// Our endpoint.
    pub endpoint: String,
    /// Our application's databag.
    pub local_app_data: Databag,
    /// Our unit's databag.
    pub local_unit_data: Databag,
    /// The application on the other end; `None` makes it a peer relation.
    pub remote_app: Option<String>,
    /// Its databag.
    pub remote_app_data: Databag,
    /// The databags of its units or, in a peer relation, of the other units of ours, by number.
    pub units_data: BTreeMap<u32, Databag>,
    /// The model on the other end, where it is another one.
    pub remote_model_uuid: Option<String>,
}

/// The keys Juju puts into a unit's databag.
fn default_unit_data() -> Databag {
    Addresses::of(world::DEFAULT_ADDRESS).settings()
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
    /// A relation to one unit of an application called `remote`.
    pub fn new(id: u32, endpoint: impl Into<String>) -> StateRelation {
        StateRelation { id: RelationId(id), endpoint: endpoint.into(), ..StateRelation::default() }
    }

    /// A peer relation without other units.
    pub fn peer(id: u32, endpoint: impl Into<String>) -> StateRelation {
        StateRelation { remote_app: None, units_data: BTreeMap::new(), ..StateRelation::new(id, endpoint) }
    }

    fn event(&self, kind: RelationKind, app: &str, unit: Option<u32>) -> Event {
        let app = self.remote_app.clone().unwrap_or_else(|| app.to_owned());
        let unit = unit.map(|number| UnitName::new(app.clone(), number));
        let departing = unit.clone().filter(|_| kind == RelationKind::Departed);
        let (endpoint, id) = (self.endpoint.clone(), self.id);
        Event::Relation(RelationEvent { kind, endpoint, id, app: Some(app), unit, departing })
    }

    /// relation-created, for a unit of the application `app`.
    pub fn created(&self, app: &str) -> Event {
        self.event(RelationKind::Created, app, None)
    }

    /// relation-joined by the unit of that number.
    pub fn joined(&self, app: &str, unit: u32) -> Event {
        self.event(RelationKind::Joined, app, Some(unit))
    }

    /// relation-changed by the unit of that number, or by the application.
    pub fn changed(&self, app: &str, unit: Option<u32>) -> Event {
        self.event(RelationKind::Changed, app, unit)
    }

    /// relation-departed by the unit of that number.
    pub fn departed(&self, app: &str, unit: u32) -> Event {
        self.event(RelationKind::Departed, app, Some(unit))
    }

    /// relation-broken.
    pub fn broken(&self, app: &str) -> Event {
        self.event(RelationKind::Broken, app, None)
    }
}

/// The owner of a secret, as a unit sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateOwner {
    /// Another owner, which granted it to this application.
    #[default]
    Other,
    /// Another owner, which has not granted it.
    Withheld,
    /// This application.
    App,
    /// This unit.
    Unit,
}

/// One secret, from this unit's side.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSecret {
    /// Its address.
    pub id: SecretId,
    /// Its owner.
    #[serde(default)]
    pub owner: StateOwner,
    /// The content that plain reads return; `None`: this unit has not read it yet.
    #[serde(default)]
    pub tracked_content: Option<SecretContent>,
    /// The newest revision.
    pub latest_content: SecretContent,
    /// The label this unit or, as the owner, its application gave it.
    #[serde(default)]
    pub label: Option<String>,
    /// The purpose.
    #[serde(default)]
    pub description: Option<String>,
    /// The time of expiry.
    #[serde(default)]
    pub expire: Option<String>,
    /// The rotation policy.
    #[serde(default)]
    pub rotate: Option<Rotate>,
    /// The relations it is granted to, when it is ours.
    #[serde(default)]
    pub grants: BTreeSet<RelationId>,
}

impl StateSecret {
    /// A secret of another owner, granted and not yet read.
    ///
    /// # Panics
    /// `id` is not a secret's id.
    pub fn new<'a>(id: &str, content: impl IntoIterator<Item = (&'a str, &'a str)>) -> StateSecret {
        let content = content.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
        StateSecret {
            id: id.parse().expect("a secret's id has twenty letters and digits"),
            owner: StateOwner::Other,
            tracked_content: None,
            latest_content: content.collect(),
            label: None,
            description: None,
            expire: None,
            rotate: None,
            grants: BTreeSet::new(),
        }
    }
}
