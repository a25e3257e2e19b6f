//! State of a unit and its surroundings as one value: a test gives it before an event and compares it afterwards.
//!
//! Every field has a default, so a test sets only the fields it is about. Deferred events and the charm's own values
//! are in [`State::unit_state`], where the charm stores them. A container is a fake Pebble; a real one or a supervisor goes
//! into [`State::containers_dir`].

mod check;
mod container;
mod relation;
mod secret;
mod storage;
mod world;

use crate::model::Addresses;
use juju::{ConfigValue, Port, RelationId, SecretId, Status};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use check::StateCheck;
pub use container::{StateContainer, StateExec};
pub use relation::StateRelation;
pub use secret::{StateOwner, StateSecret};
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
