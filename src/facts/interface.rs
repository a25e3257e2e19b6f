//! An interface as a value: how its relations are read, the values they provide, and the charm's requests. Also the
//! endpoints that speak it.

use std::collections::BTreeMap;
use std::fmt;

use interfaces::{Read, SecretRef, Url};
use juju::{Changes, Hold, Needs, UnitName, View};
use switches::{Mapping, Place};

use super::{LocalSide, Provided, Relation};
use crate::framework::Framework;
use crate::random::Random;

/// Interface that a charm may have endpoints of.
pub struct Interface {
    /// Name in the metadata.
    pub name: &'static str,
    /// Section of the metadata with its endpoints.
    pub declared: juju::Role,
    /// Role of its endpoints.
    pub role: Role,
    /// Databags and keys to read.
    pub needs: Needs,
    /// Keys under which a remote application may write secrets in clear.
    pub clear_secrets: &'static [&'static str],
    /// Finds references to secrets in a relation's data.
    pub secrets: fn(&View) -> Vec<SecretRef>,
    /// Reads the values that a relation provides.
    pub read: fn(&Relation, &LocalSide<'_>) -> Read<Provided>,
    /// True if our half of a relation was written for a remote application in another model. `None` while it is not
    /// written: then Juju is asked.
    pub cross_model: fn(&View) -> Option<bool>,
    /// Computes the changes that complete our half of a relation.
    pub request: fn(&Relation, &LocalSide<'_>, Random<'_>) -> Changes,
    /// Checks a requirement beyond those of all endpoints, after the relation was read. `None`: satisfied.
    pub demand: fn(&Integration, &LocalSide<'_>, Option<&Provided>) -> Option<Hold>,
    /// Begins the message about invalid data, before the key. The argument is the endpoint's name.
    pub complaint: fn(&str) -> String,
    /// Path of the file that the interface may provide in the container, for the endpoint with this name.
    pub file: fn(&Framework, &str) -> Option<String>,
    /// Finds the addresses to which the remote units take logs.
    pub sinks: fn(&View) -> BTreeMap<UnitName, Read<Url>>,
    /// Finds what the remote application says against our data, in one line.
    pub objection: fn(&View) -> Option<String>,
}

/// Role of an interface. Stages depend on it instead of the interface's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Database: a new one needs a migration.
    Database,
    /// Ingress: gets the port. The application also runs without it.
    Route,
    /// Service whose request depends on the charm's options.
    SetByOptions,
    /// Collector of metrics: gets targets, which depend on the charm's options, and each unit's address.
    Metrics,
    /// Collector of logs.
    Logs,
    /// Viewer of dashboards.
    Dashboards,
    /// Any other service.
    Service,
}

impl Interface {
    /// Defaults for all fields: no requests, no secrets, no further requirements.
    pub const PLAIN: Self = Self {
        name: "",
        declared: juju::Role::Requires,
        role: Role::Service,
        needs: Needs::all(),
        clear_secrets: &[],
        secrets: |_| Vec::new(),
        read: |_, _| Read::Absent,
        cross_model: |_| Some(false),
        request: |_, _, _| Changes::default(),
        demand: |_, _, _| None,
        complaint: |endpoint| format!("Invalid {endpoint} relation data."),
        file: |_, _| None,
        sinks: |_| BTreeMap::new(),
        objection: |_| None,
    };

    /// True if a missing endpoint may block the workload. An ingress, and those who watch, are always optional.
    #[must_use]
    pub fn may_be_required(&self) -> bool {
        self.role != Role::Route && !self.watches()
    }

    /// True if the remote application watches ours: its metrics, logs or dashboards.
    #[must_use]
    pub fn watches(&self) -> bool {
        matches!(self.role, Role::Metrics | Role::Logs | Role::Dashboards)
    }

    /// True if the request depends on the charm's options.
    #[must_use]
    pub fn asks_by_options(&self) -> bool {
        matches!(self.role, Role::SetByOptions | Role::Metrics)
    }

    /// True if it provides a database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.role == Role::Database
    }
}

impl PartialEq for Interface {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Interface {}

impl fmt::Debug for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interface({})", self.name)
    }
}

/// Endpoint of the charm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name in the metadata.
    pub name: String,
    /// Interface that the endpoint speaks.
    pub interface: &'static Interface,
    /// True if the workload must not run without it.
    pub required: bool,
    /// Variables and published values of `webcharm.yaml`, in addition to the interface's.
    pub mapping: Option<Mapping>,
}

impl Endpoint {
    /// Databags and keys to read.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let sources = self.mapping.iter().flat_map(|mapping| mapping.variables.values());
        let units = sources.into_iter().any(|source| matches!(source.place, Place::Unit(_)));
        let Needs { remote_units, remote_unit_data, .. } = self.interface.needs;
        Needs {
            remote_app: true,
            remote_units: remote_units || units,
            remote_unit_data: remote_unit_data || units,
            ..self.interface.needs
        }
    }

    /// True if the charm's request depends on options.
    #[must_use]
    pub fn asks_by_options(&self) -> bool {
        let publishes = self.mapping.as_ref().is_some_and(|mapping| !mapping.publish.is_empty());
        self.interface.asks_by_options() || publishes
    }
}

/// Endpoint with its relations.
#[derive(Debug)]
pub struct Integration {
    /// Endpoint, from the metadata.
    pub endpoint: Endpoint,
    /// Relations in the order of their ids.
    pub relations: Vec<Relation>,
}
