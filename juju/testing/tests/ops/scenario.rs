//! A recorded scenario, and the state and events that it stands for.

use juju::{ActionEvent, Event, RelationId, SecretContent};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use webcharm_juju_testing::{Addresses, State, StateOwner, StateRelation, StateSecret};

pub(crate) const APP: &str = "web";

pub(crate) type Bag = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) id: String,
    /// True if the handler may defer.
    #[serde(default)]
    pub(crate) defers: bool,
    leader: bool,
    planned_units: u32,
    config: BTreeMap<String, Value>,
    relations: Vec<Relation>,
    secrets: Vec<Secret>,
    ports: Vec<String>,
    networks: BTreeMap<String, String>,
    pub(crate) runs: Vec<Run>,
    /// Results with ops.
    pub(crate) outcomes: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Relation {
    id: u32,
    endpoint: String,
    app: Option<String>,
    local_app: Bag,
    local_unit: Bag,
    remote_app: Bag,
    units: BTreeMap<u32, Bag>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    id: String,
    owner: String,
    tracked: Bag,
    latest: Bag,
    label: Option<String>,
}

/// One event, and the calls that the charm makes in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    pub(crate) event: Occasion,
    pub(crate) steps: Vec<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Occasion {
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) params: Map<String, Value>,
    relation: Option<u32>,
    unit: Option<u32>,
}

fn content(bag: &Bag) -> SecretContent {
    bag.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect()
}

impl Scenario {
    pub(crate) fn state(&self) -> State {
        let config =
            self.config.iter().map(|(key, value)| (key.clone(), serde_json::from_value(value.clone()).unwrap()));
        State {
            leader: self.leader,
            planned_units: self.planned_units,
            config: config.collect(),
            relations: self.relations.iter().map(Relation::state).collect(),
            secrets: self.secrets.iter().map(Secret::state).collect(),
            opened_ports: self.ports.iter().map(|port| port.parse().unwrap()).collect(),
            networks: self.networks.iter().map(|(name, address)| (name.clone(), Addresses::of(address))).collect(),
            ..State::default()
        }
    }
}

impl Relation {
    fn state(&self) -> StateRelation {
        StateRelation {
            remote_app: self.app.clone(),
            local_app_data: self.local_app.clone().into(),
            local_unit_data: self.local_unit.clone().into(),
            remote_app_data: self.remote_app.clone().into(),
            units_data: self.units.iter().map(|(number, bag)| (*number, bag.clone().into())).collect(),
            ..StateRelation::new(self.id, &self.endpoint)
        }
    }
}

impl Secret {
    fn state(&self) -> StateSecret {
        let owner = match self.owner.as_str() {
            "app" => StateOwner::App,
            "unit" => StateOwner::Unit,
            _ => StateOwner::Other,
        };
        StateSecret {
            owner,
            tracked_content: Some(content(&self.tracked)),
            latest_content: content(&self.latest),
            label: self.label.clone(),
            ..StateSecret::new(&self.id, [])
        }
    }
}

impl Occasion {
    pub(crate) fn event(&self, state: &State) -> Event {
        let relation = || state.relation(RelationId(self.relation.unwrap())).unwrap();
        match self.kind.as_str() {
            "install" => Event::Install,
            "start" => Event::Start,
            "stop" => Event::Stop,
            "config-changed" => Event::ConfigChanged,
            "update-status" => Event::UpdateStatus,
            "upgrade-charm" => Event::UpgradeCharm,
            "leader-elected" => Event::LeaderElected,
            "relation-created" => relation().created(APP),
            "relation-joined" => relation().joined(APP, self.unit.unwrap()),
            "relation-changed" => relation().changed(APP, self.unit),
            "relation-departed" => relation().departed(APP, self.unit.unwrap()),
            "relation-broken" => relation().broken(APP),
            "action" => Event::Action(ActionEvent { name: self.name.clone().unwrap(), id: "1".to_owned() }),
            other => panic!("no event {other}"),
        }
    }
}
