//! Our side of relations: the values that readers and requests of all interfaces need.

use juju::Config;

use super::{Telemetry, Unit};
use crate::framework::{Framework, Naming};

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
    /// Data for the applications that watch ours.
    pub telemetry: &'a Telemetry,
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
