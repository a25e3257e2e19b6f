//! What was seen of the world: facts, unjudged, which [`observe`](crate::observe) reads and the stages after it go by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use interfaces::Secrets;
use juju::{Config, Port, Proxies, Secret, UnitName, View};
use pebble::plan::Plan;
use pebble::types::ServiceInfo;

use crate::charm_spec::Endpoint;
use crate::hold::Hold;
use crate::migration::Migration;
use crate::options::OptionSecrets;
use crate::services::Services;

/// Everything that was seen.
#[derive(Debug)]
pub struct Seen {
    /// The unit and its model.
    pub unit: Unit,
    /// The options' values.
    pub config: Config,
    /// The parameters of the action, where it has some that are text. One may be a password.
    pub params: BTreeMap<String, Secret>,
    /// What the options of type `secret` refer to.
    pub option_secrets: OptionSecrets,
    /// The peer relation, once there is one.
    pub peer: Option<View>,
    /// The endpoints with their relations, in the order of the metadata.
    pub integrations: Vec<Integration>,
    /// What the unit remembers from event to event.
    pub state: BTreeMap<String, String>,
    /// The ports that are open.
    pub ports: BTreeSet<Port>,
    /// The workload; `None` if the event doesn't ask for it.
    pub workload: Option<Workload>,
}

/// The unit and its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The unit's name.
    pub name: UnitName,
    /// The model's name.
    pub model: String,
    /// The model's proxies for charms.
    pub proxies: Proxies,
    /// Whether this unit speaks for the application.
    pub leader: bool,
    /// Whether this Juju's Pebble can forward the services' output (3.4 and later).
    pub forwards_logs: bool,
    /// Whether this Juju has secrets (3.0 and later).
    pub has_secrets: bool,
}

/// An endpoint and its relations.
#[derive(Debug)]
pub struct Integration {
    /// The endpoint, as the metadata has it.
    pub endpoint: Endpoint,
    /// Its relations, by id.
    pub relations: Vec<Relation>,
}

/// A relation.
#[derive(Debug)]
pub struct Relation {
    /// Its databags, as far as the interface needs them.
    pub view: View,
    /// The secrets their data refer to. One that isn't granted yet is missing.
    pub secrets: Secrets,
    /// The unit's own address in the relation's network, if the interface needs it.
    pub address: Option<IpAddr>,
    /// Whether it leads into another model; asked only as long as our half isn't written.
    pub cross_model: bool,
}

/// The container.
#[derive(Debug)]
pub enum Workload {
    /// What it holds can't be read, for this reason.
    Unread(Hold),
    /// What it holds.
    Here(Box<Container>),
}

/// What the container holds.
#[derive(Default)]
pub struct Container {
    /// Pebble's plan.
    pub plan: Plan,
    /// The services' states.
    pub services: Vec<ServiceInfo>,
    /// The services as they were before the charm's layer, if an earlier event wrote them down.
    pub original: Option<Services>,
    /// The files that the charm may have written for the web server and for integrations.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The application's migration.
    pub migration: Migration,
}

impl fmt::Debug for Container {
    /// Names alone: files, scripts and variables may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services.iter().map(|service| &service.name).collect();
        write!(f, "Container {{ services: {services:?}, files: {:?} }}", self.files.keys())
    }
}

#[cfg(test)]
impl Seen {
    /// What is seen of the leader of an application `shop` before there is anything.
    pub(crate) fn nothing() -> Self {
        let unit = Unit {
            name: UnitName::new("shop", 0),
            model: "m".to_owned(),
            proxies: Proxies::default(),
            leader: true,
            forwards_logs: true,
            has_secrets: true,
        };
        Self {
            unit,
            config: Config::default(),
            params: BTreeMap::new(),
            option_secrets: OptionSecrets::new(),
            peer: None,
            integrations: Vec::new(),
            state: BTreeMap::new(),
            ports: BTreeSet::new(),
            workload: None,
        }
    }
}
