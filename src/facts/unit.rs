//! The unit and its model.

use juju::{Proxies, UnitName};

/// Unit and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Name of the unit.
    pub name: UnitName,
    /// Name of the model.
    pub model: String,
    /// Proxies of the model's charms (`juju-http-proxy` and others).
    pub proxies: Proxies,
    /// True if this unit is the leader.
    pub leader: bool,
    /// True if this Juju's Pebble forwards logs (Juju 3.4 and later).
    pub forwards_logs: bool,
    /// True if this Juju has secrets (Juju 3.0 and later).
    pub has_secrets: bool,
}
