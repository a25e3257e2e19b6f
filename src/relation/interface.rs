//! An interface as a value: how its relations are read, the values they provide, and the charm's requests.

use std::collections::BTreeMap;
use std::fmt;

use interfaces::database::Database;
use interfaces::http_proxy::Proxies;
use interfaces::{Changes, Read, SecretRef, Url};
use juju::{Config, Hold, Needs, View};
use pebble::plan::Environment;

use super::ALL;
use crate::framework::{Framework, Naming};
use crate::random::Random;
use crate::seen::{Integration, Relation, Unit};

/// Interface that a charm may require.
pub struct Interface {
    /// Name in the metadata.
    pub name: &'static str,
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
    /// Computes the changes that complete our half of a relation.
    pub request: fn(&Relation, &LocalSide<'_>, Random<'_>) -> Changes,
    /// Checks a requirement beyond those of all endpoints, after the relation was read. `None`: satisfied.
    pub demand: fn(&Integration, &LocalSide<'_>, Option<&Provided>) -> Option<Hold>,
    /// Begins the message about invalid data, before the key. The argument is the endpoint's name.
    pub complaint: fn(&str) -> String,
    /// Path of the file that the interface may provide in the container.
    pub file: fn(&Framework) -> Option<String>,
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
    /// Any other service.
    Service,
}

impl Interface {
    /// Defaults for all fields: no requests, no secrets, no further requirements.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        role: Role::Service,
        needs: Needs::all(),
        clear_secrets: &[],
        secrets: |_| Vec::new(),
        read: |_, _| Read::Absent,
        request: |_, _, _| Changes::default(),
        demand: |_, _, _| None,
        complaint: |endpoint| format!("Invalid {endpoint} relation data."),
        file: |_| None,
    };

    /// Interface of this name, if it is known.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|interface| interface.name == name)
    }

    /// True if a missing endpoint may block the workload. An ingress is always optional.
    #[must_use]
    pub fn may_be_required(&self) -> bool {
        self.role != Role::Route
    }

    /// True if it provides a database.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.role == Role::Database
    }

    /// Position in a list of missing endpoints. All databases share the first one's.
    #[must_use]
    pub fn rank(&self) -> usize {
        ALL.iter().position(|one| *one == self || (self.is_database() && one.is_database())).unwrap_or(ALL.len())
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

/// Our side of every relation.
#[derive(Debug, Clone, Copy)]
pub struct LocalSide<'a> {
    /// Unit and model.
    pub unit: &'a Unit,
    /// Framework.
    pub framework: &'a Framework,
    /// Values of the options.
    pub config: &'a Config,
    /// Port that the workload listens on.
    pub port: u16,
    /// True if Juju has the port open after this event.
    pub port_is_open: bool,
    /// Public address of the application.
    pub base_url: &'a str,
    /// True if an ingress provides the address.
    pub is_routed: bool,
}

impl LocalSide<'_> {
    /// Name of our application.
    #[must_use]
    pub fn app(&self) -> &str {
        self.unit.name.app()
    }

    /// Naming scheme of the workload's variables.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.framework.naming
    }
}

/// Values that a relation provides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provided {
    /// Environment variables of the workload.
    pub variables: Environment,
    /// Files of the workload by path.
    pub files: BTreeMap<String, String>,
    /// Database, if the interface is one.
    pub database: Option<Database>,
    /// Public address of the application.
    pub url: Option<Url>,
    /// Proxies for requests that leave the cluster.
    pub proxies: Option<Proxies>,
    /// True for a tracing backend.
    pub traces: bool,
}

impl From<Environment> for Provided {
    fn from(variables: Environment) -> Self {
        Self { variables, ..Self::default() }
    }
}
