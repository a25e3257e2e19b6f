//! The answers of `network-get` and `goal-state`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The network of one binding: where to bind, where others reach this unit, where its traffic comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Network {
    /// The interfaces with their addresses.
    pub bind_addresses: Vec<Interface>,
    /// Addresses others reach this unit at, the best first.
    pub ingress_addresses: Vec<String>,
    /// Subnets this unit's traffic comes from.
    pub egress_subnets: Vec<String>,
}

impl Network {
    /// The address to listen on: the first one of the first interface that has any.
    #[must_use]
    pub fn bind_address(&self) -> Option<&str> {
        self.bind_addresses.iter().flat_map(|interface| &interface.addresses).map(|a| a.value.as_str()).next()
    }

    /// The address to tell others.
    #[must_use]
    pub fn ingress_address(&self) -> Option<&str> {
        self.ingress_addresses.first().map(String::as_str)
    }
}

/// One network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Interface {
    /// Its name; empty on Kubernetes.
    pub interface_name: String,
    /// Its hardware address; empty on Kubernetes.
    pub mac_address: String,
    /// Its addresses.
    pub addresses: Vec<Address>,
}

/// One address of an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// The host name, if Juju knows one.
    pub hostname: String,
    /// The address. Juju prints it as `value` and, for old charms, as `address` too.
    pub value: String,
    /// The subnet; empty on Kubernetes.
    pub cidr: String,
}

/// The planned units and relations of the model, as `goal-state` prints them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GoalState {
    /// The units of this application.
    pub units: BTreeMap<String, GoalStatus>,
    /// For each endpoint, the remote applications and units.
    pub relations: BTreeMap<String, BTreeMap<String, GoalStatus>>,
}

/// The status of one unit or application in [`GoalState`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GoalStatus {
    /// Juju's word, such as `active`, `joined` or `dying`.
    pub status: String,
    /// Since when, as Juju prints it.
    pub since: String,
}

impl GoalStatus {
    /// True if the unit or relation is being removed.
    #[must_use]
    pub fn is_dying(&self) -> bool {
        self.status == "dying"
    }
}
