//! Values for the workload, from a relation.

use std::collections::BTreeMap;

use interfaces::Url;
use interfaces::database::Database;
use interfaces::http_proxy::Proxies;
use pebble::plan::Environment;

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
