//! The state that [`observe`](crate::observe) reads from Juju and Pebble. Later stages read no other input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use juju::{Config, Hold, Port, Secret, View};
use pebble::plan::Plan;
use pebble::types::ServiceInfo;

use crate::assets::Assets;
use crate::facts::{Integration, Unit};
use crate::memory::Memory;
use crate::migration::Migration;
use crate::options::OptionSecrets;
use crate::services::Services;

/// State of the unit, its relations and its container at the beginning of the event.
#[derive(Debug)]
pub struct Seen {
    /// Unit and model.
    pub unit: Unit,
    /// Values of the charm's options.
    pub config: Config,
    /// Parameters of the action. A value may be a password.
    pub params: BTreeMap<String, Secret>,
    /// Contents of the secrets that options refer to.
    pub option_secrets: OptionSecrets,
    /// Peer relation, once it exists.
    pub peer: Option<View>,
    /// Endpoints with their relations, in the order of the metadata.
    pub integrations: Vec<Integration>,
    /// Rules and dashboards of the charm's author. Read only if an application watches ours.
    pub assets: Assets,
    /// Values that earlier events stored.
    pub memory: Memory,
    /// Open ports.
    pub ports: BTreeSet<Port>,
    /// State of the workload. `None` if the event does not ask for it.
    pub workload: Option<Workload>,
}

/// Container of the workload.
#[derive(Debug)]
pub enum Workload {
    /// The container can't be read. The hold says why.
    Unread(Hold),
    /// Content of the container.
    Here(Box<Container>),
}

impl Workload {
    /// Version of the workload, if the container shows one.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match self {
            Self::Here(container) => container.version.clone(),
            Self::Unread(_) => None,
        }
    }
}

/// Content of the container.
#[derive(Default)]
pub struct Container {
    /// Plan of Pebble.
    pub plan: Plan,
    /// States of the services.
    pub services: Vec<ServiceInfo>,
    /// Services that ended by themselves and that Pebble started again less than 30 s ago.
    pub restarted: Vec<String>,
    /// Last output of the services that ended by themselves, by service.
    pub output: BTreeMap<String, String>,
    /// Services of the rock, before the charm's layer, if an earlier event stored them.
    pub original: Option<Services>,
    /// Content of the files that the charm may have written for the web server and for integrations.
    pub files: BTreeMap<String, Vec<u8>>,
    /// State of the database migration.
    pub migration: Migration,
    /// Version of the workload, if the container shows one.
    pub version: Option<String>,
}

impl fmt::Debug for Container {
    /// Prints names only: files, scripts and variables may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: Vec<_> = self.services.iter().map(|service| &service.name).collect();
        write!(f, "Container {{ services: {services:?}, files: {:?} }}", self.files.keys())
    }
}

#[cfg(test)]
impl Seen {
    /// State of the leader of an application `shop` before any relation or container exists.
    pub(crate) fn nothing() -> Self {
        let unit = Unit {
            name: juju::UnitName::new("shop", 0),
            model: "m".to_owned(),
            model_uuid: "20ce8299-3634-4bef-8bd8-5ace6c8816b4".to_owned(),
            charm: "shop-k8s".to_owned(),
            proxies: juju::Proxies::default(),
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
            assets: Assets::default(),
            memory: Memory::default(),
            ports: BTreeSet::new(),
            workload: None,
        }
    }
}
