//! The unit and its model.

use interfaces::Topology;
use juju::{Proxies, UnitName};

/// Unit and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Name of the unit.
    pub name: UnitName,
    /// Name of the model.
    pub model: String,
    /// UUID of the model.
    pub model_uuid: String,
    /// Name of the charm, from its metadata.
    pub charm: String,
    /// Proxies of the model's charms (`juju-http-proxy` and others).
    pub proxies: Proxies,
    /// True if this unit is the leader.
    pub leader: bool,
    /// True if this Juju's Pebble forwards logs (Juju 3.4 and later).
    pub forwards_logs: bool,
    /// True if this Juju has secrets (Juju 3.0 and later).
    pub has_secrets: bool,
}

impl Unit {
    /// Names by which Prometheus, Loki and Grafana know the unit.
    #[must_use]
    pub fn topology(&self) -> Topology {
        Topology {
            model: self.model.clone(),
            model_uuid: self.model_uuid.clone(),
            application: self.name.app().to_owned(),
            unit: self.name.to_string(),
            charm_name: self.charm.clone(),
        }
    }
}
