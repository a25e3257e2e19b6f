//! State of a unit and its surroundings as one value: a test gives it before an event and compares it afterwards.
//!
//! Every field has a default, so a test sets only the fields it is about. Deferred events and the charm's own values
//! are in [`State::unit_state`], where the charm stores them. A container is a fake Pebble; a real one or a supervisor goes
//! into [`State::containers_dir`].

mod container;
mod storage;
mod world;

use crate::model::Addresses;
use juju::{
    ConfigValue, Databag, Event, Port, RelationEvent, RelationId, RelationKind, Rotate, SecretContent, SecretEvent,
    SecretId, SecretKind, Status, UnitName,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use container::{StateContainer, StateExec};
pub use storage::StateStorage;
pub(crate) use world::Scene;

/// State of a unit and its surroundings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// The options that the operator set; the others have the charm's defaults.
    pub config: BTreeMap<String, ConfigValue>,
    /// True if the unit leads.
    pub leader: bool,
    /// The relations of the unit's application.
    pub relations: Vec<StateRelation>,
    /// The model's secrets that concern the unit, owned and of other owners.
    pub secrets: Vec<StateSecret>,
    /// The unit's addresses by endpoint; an endpoint that is not here has the default address.
    pub networks: BTreeMap<String, Addresses>,
    /// The unit's opened ports.
    pub opened_ports: BTreeSet<Port>,
    /// Values that Juju stores for the unit from hook to hook (`state-set`).
    pub unit_state: BTreeMap<String, String>,
    /// The unit's status; `None` before the first `status-set`.
    pub unit_status: Option<Status>,
    /// The application's status; `None` before the first `status-set`.
    pub app_status: Option<Status>,
    /// The version of the workload.
    pub workload_version: String,
    /// The planned number of units of the application, this unit included.
    pub planned_units: u32,
    /// The path of each resource's file.
    pub resources: BTreeMap<String, PathBuf>,
    /// The model's name.
    pub model_name: String,
    /// The model's UUID.
    pub model_uuid: String,
    /// Number of the unit's machine; `None` on Kubernetes.
    pub machine: Option<u32>,
    /// Availability zone of the machine.
    pub availability_zone: String,
    /// The cloud with its credential, as `credential-get` prints it in JSON; `None` if the application is not trusted with it.
    pub cloud_spec: Option<serde_json::Value>,
    /// The containers, each with a fake Pebble during the event. A container that is not here can't be connected to.
    pub containers: Vec<StateContainer>,
    /// The attached storage instances.
    pub storages: Vec<StateStorage>,
    /// The parent of the containers' folders, each with a `pebble.socket` of a real Pebble, instead of
    /// [`State::containers`].
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
            machine: None,
            availability_zone: String::new(),
            cloud_spec: None,
            containers: Vec::new(),
            storages: Vec::new(),
            containers_dir: None,
        }
    }
}

/// JSON text that is not a state.
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
    /// Reads a state from JSON. Fields may be left out, unknown fields are refused. A databag maps strings to strings;
    /// other values are refused.
    ///
    /// # Errors
    /// The text is not JSON, or not a state.
    pub fn from_json(text: &str) -> Result<State, StateError> {
        serde_json::from_str(text).map_err(|source| StateError { line: source.line(), column: source.column(), source })
    }

    /// The relation with that id.
    pub fn relation(&self, id: RelationId) -> Option<&StateRelation> {
        self.relations.iter().find(|relation| relation.id == id)
    }

    /// A state in which the unit has whatever its charm declares: a relation for each endpoint, with the ids from 1 in the
    /// metadata's order, each container, which can be connected to, and the least number of instances of each storage, at
    /// its declared location.
    pub fn from_context<C: juju::Charm>(context: &crate::Context<C>) -> State {
        context.scene().full_state()
    }

    /// The container of that name.
    pub fn container(&self, name: &str) -> Option<&StateContainer> {
        self.containers.iter().find(|container| container.name == name)
    }

    /// The storage instance of that name and number.
    pub fn storage(&self, name: &str, index: u32) -> Option<&StateStorage> {
        self.storages.iter().find(|storage| storage.name == name && storage.index == index)
    }

    /// The relations of an endpoint.
    pub fn relations_of<'a>(&'a self, endpoint: &'a str) -> impl Iterator<Item = &'a StateRelation> {
        self.relations.iter().filter(move |relation| relation.endpoint == endpoint)
    }

    /// The secret with that id.
    pub fn secret(&self, id: &SecretId) -> Option<&StateSecret> {
        self.secrets.iter().find(|secret| secret.id == *id)
    }

    /// The secret with that label.
    pub fn secret_labelled(&self, label: &str) -> Option<&StateSecret> {
        self.secrets.iter().find(|secret| secret.label.as_deref() == Some(label))
    }
}

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
    /// Databags by unit number: of the remote units or, in a peer relation, of the other units of our application.
    pub units_data: BTreeMap<u32, Databag>,
    /// UUID of the remote application's model, if it is another model.
    pub remote_model_uuid: Option<String>,
}

/// Keys that Juju puts into the databag of every unit.
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
    /// A relation to one unit of an application with the name `remote`.
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

/// Owner of a secret, as a unit sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateOwner {
    /// Another owner; the secret is granted to this application.
    #[default]
    Other,
    /// Another owner; the secret is not granted.
    Withheld,
    /// This application.
    App,
    /// This unit.
    Unit,
}

/// A secret, as this unit sees it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSecret {
    /// Id of the secret.
    pub id: SecretId,
    /// Owner of the secret.
    #[serde(default)]
    pub owner: StateOwner,
    /// The content that plain reads return; `None` if this unit has not read the secret yet.
    #[serde(default)]
    pub tracked_content: Option<SecretContent>,
    /// Content of the newest revision.
    pub latest_content: SecretContent,
    /// Label: the owner's if this unit or its application owns the secret, else the one this unit gave it.
    #[serde(default)]
    pub label: Option<String>,
    /// Description by the owner.
    #[serde(default)]
    pub description: Option<String>,
    /// Time of expiry, as the owner wrote it.
    #[serde(default)]
    pub expire: Option<String>,
    /// Rotation policy.
    #[serde(default)]
    pub rotate: Option<Rotate>,
    /// The relations that a secret of ours is granted to.
    #[serde(default)]
    pub grants: BTreeSet<RelationId>,
}

impl StateSecret {
    fn event(&self, kind: SecretKind, revision: Option<u64>) -> Event {
        Event::Secret(SecretEvent { kind, id: self.id.clone(), label: self.label.clone(), revision })
    }

    /// secret-changed, for a secret of another owner.
    pub fn changed(&self) -> Event {
        self.event(SecretKind::Changed, None)
    }

    /// secret-rotate, for a secret of the unit.
    pub fn rotate(&self) -> Event {
        self.event(SecretKind::Rotate, None)
    }

    /// secret-expired of a revision, for a secret of the unit.
    pub fn expired(&self, revision: u64) -> Event {
        self.event(SecretKind::Expired, Some(revision))
    }

    /// secret-remove of a revision, for a secret of the unit.
    pub fn remove(&self, revision: u64) -> Event {
        self.event(SecretKind::Remove, Some(revision))
    }

    /// A secret of another owner, granted and not yet read.
    ///
    /// # Panics
    /// Panics if `id` is not the id of a secret.
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
