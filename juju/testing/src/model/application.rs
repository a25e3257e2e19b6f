//! Applications and their units.

use super::queue::Memory;
use super::resolver::JUJU_INFO;
use super::shared::SharedMap;
use super::storage::Storage;
use super::{Error, Reboot};
use juju::{
    CharmFiles, Config, ConfigValue, Databag, Endpoint, Event, Network, Port, RelationId, SecretId, Status, UnitName,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// An application: run by a charm, or by the caller of the model (a test, a provider of the playground).
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) endpoints: Arc<[Endpoint]>,
    /// `None`: the caller writes the databags and secrets, and the units get no events.
    pub(crate) charm: Option<Arc<CharmFiles>>,
    /// The options that the operator set.
    pub(crate) settings: BTreeMap<String, ConfigValue>,
    pub(crate) config_version: u64,
    pub(crate) charm_version: u64,
    pub(crate) is_dying: bool,
    pub(crate) leader: Option<UnitName>,
    pub(crate) units: SharedMap<UnitName, Unit>,
    /// UUID of the application's model, if it is another one.
    pub(crate) remote_model: Option<Arc<str>>,
    /// Number of the application in the model, for its units' addresses.
    pub(crate) subnet: u32,
    /// The relations that have a side here.
    pub(crate) relations: BTreeSet<RelationId>,
    /// The secrets that the application and its units own; removed ones may be among them.
    pub(crate) secrets: BTreeSet<SecretId>,
    /// The number of the next unit; numbers are never used twice.
    pub(crate) next_unit: u32,
    pub(crate) status: Option<Status>,
    /// Earlier statuses, oldest first.
    pub(crate) status_history: Vec<Status>,
    pub(crate) version: String,
    /// Earlier versions of the workload, oldest first.
    pub(crate) version_history: Vec<String>,
    /// The path of each resource's file.
    pub(crate) resources: BTreeMap<String, PathBuf>,
}

impl Application {
    pub(crate) fn new(name: &str, charm: Option<CharmFiles>, endpoints: Vec<Endpoint>) -> Application {
        Application {
            name: name.to_owned(),
            endpoints: endpoints.into(),
            charm: charm.map(Arc::new),
            settings: BTreeMap::new(),
            config_version: 1,
            charm_version: 1,
            is_dying: false,
            leader: None,
            units: SharedMap::default(),
            remote_model: None,
            subnet: 0,
            relations: BTreeSet::new(),
            secrets: BTreeSet::new(),
            next_unit: 0,
            status: None,
            status_history: Vec::new(),
            version: String::new(),
            version_history: Vec::new(),
            resources: BTreeMap::new(),
        }
    }

    pub(crate) fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }

    /// Adds a unit and returns its name. The first unit leads.
    pub(crate) fn add(&mut self, unit: Unit) -> UnitName {
        let name = unit.name.clone();
        self.next_unit = self.next_unit.max(name.number() + 1);
        if self.units.is_empty() {
            self.leader.get_or_insert_with(|| name.clone());
        }
        self.units.insert(name.clone(), unit);
        name
    }

    pub(crate) fn set_status(&mut self, status: Status) {
        self.status_history.extend(self.status.replace(status));
    }

    pub(crate) fn set_version(&mut self, version: String) {
        let before = std::mem::replace(&mut self.version, version);
        self.version_history.extend(Some(before).filter(|before| !before.is_empty()));
    }

    /// True if the application's charm is a subordinate.
    pub(crate) fn is_subordinate(&self) -> bool {
        self.charm.as_ref().is_some_and(|charm| charm.metadata.subordinate)
    }

    /// True if the name has a network binding: an endpoint, an extra binding, or `juju-info`.
    pub(crate) fn has_binding(&self, name: &str) -> bool {
        let is_extra = self.charm.as_ref().is_some_and(|charm| charm.metadata.extra_bindings.contains(name));
        self.endpoint(name).is_some() || is_extra || name == JUJU_INFO
    }

    pub(crate) fn must_bind(&self, name: &str) -> Result<(), Error> {
        if self.has_binding(name) {
            return Ok(());
        }
        let extra = self.charm.iter().flat_map(|charm| &charm.metadata.extra_bindings);
        let known = self.endpoints.iter().map(|endpoint| &endpoint.name).chain(extra);
        let nearest = juju::nearest(name, known.map(String::as_str)).map(str::to_owned);
        Err(Error::UnknownEndpoint { app: self.name.clone(), endpoint: name.to_owned(), nearest })
    }

    /// The operator's settings and the charm's defaults of the other options; options with neither are left out.
    pub(crate) fn config(&self) -> Config {
        let options = self.charm.iter().flat_map(|charm| &charm.options);
        let defaults = options.filter_map(|(name, option)| Some((name.clone(), option.default.clone()?)));
        let set = self.settings.iter().map(|(name, value)| (name.clone(), value.clone()));
        defaults.chain(set).collect()
    }
}

/// Network addresses of a unit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addresses {
    /// The address to listen on.
    pub bind: String,
    /// The address for clients.
    pub ingress: String,
    /// The subnets that the unit's outgoing traffic comes from.
    pub egress: Vec<String>,
}

impl Addresses {
    /// Addresses of a unit that listens, is reached and connects with the same address.
    pub fn of(address: impl Into<String>) -> Addresses {
        let address = address.into();
        Addresses { egress: vec![format!("{address}/32")], ingress: address.clone(), bind: address }
    }

    /// The keys that Juju puts into the databag of every unit.
    pub(crate) fn settings(&self) -> Databag {
        Databag::from_iter([
            ("egress-subnets", self.egress.join(",")),
            ("ingress-address", self.ingress.clone()),
            ("private-address", self.ingress.clone()),
        ])
    }
}

/// A unit of an application.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) name: UnitName,
    pub(crate) is_dying: bool,
    /// The unit that a subordinate unit sits beside.
    pub(crate) principal: Option<UnitName>,
    /// Number of the unit's machine; `None` on Kubernetes.
    pub(crate) machine: Option<u32>,
    pub(crate) reboots: u32,
    /// The attached storage instances by id.
    pub(crate) storages: BTreeMap<String, Storage>,
    pub(crate) addresses: Addresses,
    /// Addresses of endpoints that differ from the unit's.
    pub(crate) bindings: BTreeMap<String, Addresses>,
    /// Answers of `network-get`, in place of those made from the addresses: by relation, by binding, and the default.
    pub(crate) relation_networks: BTreeMap<RelationId, Network>,
    pub(crate) networks: BTreeMap<String, Network>,
    pub(crate) default_network: Option<Network>,
    pub(crate) status: Option<Status>,
    /// Earlier statuses, oldest first.
    pub(crate) status_history: Vec<Status>,
    pub(crate) ports: BTreeSet<Port>,
    pub(crate) state: BTreeMap<String, String>,
    /// The secrets that the unit has read or labelled.
    pub(crate) secrets: BTreeSet<SecretId>,
    /// The state that the unit's events have told its charm so far.
    pub(crate) memory: Memory,
    /// Events that are not derived from the model: actions, Pebble's, update-status.
    pub(crate) pending: VecDeque<Event>,
    /// The event whose hook failed; it runs again before any other.
    pub(crate) failed: Option<Event>,
}

impl Unit {
    pub(crate) fn new(name: UnitName, addresses: Addresses) -> Unit {
        Unit {
            name,
            is_dying: false,
            principal: None,
            machine: None,
            reboots: 0,
            storages: BTreeMap::new(),
            addresses,
            bindings: BTreeMap::new(),
            relation_networks: BTreeMap::new(),
            networks: BTreeMap::new(),
            default_network: None,
            status: None,
            status_history: Vec::new(),
            ports: BTreeSet::new(),
            state: BTreeMap::new(),
            secrets: BTreeSet::new(),
            memory: Memory::default(),
            pending: VecDeque::new(),
            failed: None,
        }
    }

    /// Reboots the machine, if a hook asked for it: start comes again.
    pub(crate) fn restart_after(&mut self, reboot: Option<Reboot>) {
        if reboot.is_some() {
            self.reboots += 1;
            self.memory.started = false;
        }
    }

    pub(crate) fn set_status(&mut self, status: Status) {
        self.status_history.extend(self.status.replace(status));
    }

    pub(crate) fn addresses(&self, endpoint: &str) -> &Addresses {
        self.bindings.get(endpoint).unwrap_or(&self.addresses)
    }

    /// The network that was set for a relation, else for its binding, else as the default.
    pub(crate) fn network(&self, binding: &str, relation: Option<RelationId>) -> Option<&Network> {
        let of_relation = relation.and_then(|id| self.relation_networks.get(&id));
        let of_binding = || {
            self.networks.get(binding).or_else(|| {
                let has_addresses = self.bindings.contains_key(binding);
                self.default_network.as_ref().filter(|_| !has_addresses)
            })
        };
        of_relation.or_else(of_binding)
    }
}
