//! Services, `/v1/services`.

use serde::{Deserialize, Serialize};

use super::Time;
use crate::plan::Startup;

/// A service with its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ServiceInfo {
    /// Name in the plan.
    pub name: String,
    /// Startup; Pebble never prints it unset.
    pub startup: Startup,
    /// Status.
    pub current: ServiceStatus,
    /// Time of the last change of the status; missing for a service that was never started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_since: Option<Time>,
}

impl ServiceInfo {
    /// True if the service's process runs, and does not wait for a restart.
    pub fn is_running(&self) -> bool {
        self.current == ServiceStatus::Active
    }

    /// True if the service's process ended by itself: it waits for a restart, or is not restarted any more.
    pub fn has_ended(&self) -> bool {
        matches!(self.current, ServiceStatus::Backoff | ServiceStatus::Error)
    }
}

/// Status of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceStatus {
    /// Running, or about to run or to stop.
    Active,
    /// Not running, without an error.
    #[default]
    Inactive,
    /// Ended by itself, and waits for its restart.
    Backoff,
    /// Ended by itself, without a restart.
    Error,
    /// A status of a newer Pebble.
    #[serde(other)]
    Unknown,
}

/// Body of `POST /v1/services`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServicesAction {
    /// Action: `start`, `stop`, `restart`, `autostart` or `replan`.
    pub action: String,
    /// Names of services; empty for `autostart` and `replan`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// Action on services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServicesVerb {
    /// Start the named services and those that they require.
    Start,
    /// Stop the named services and those that require them.
    Stop,
    /// Stop the named services and start them again.
    Restart,
    /// Start all services with startup `enabled`; takes no names.
    Autostart,
    /// Restart services whose definition changed, and start the enabled ones; takes no names.
    Replan,
}

impl ServicesVerb {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ServicesVerb::Start => "start",
            ServicesVerb::Stop => "stop",
            ServicesVerb::Restart => "restart",
            ServicesVerb::Autostart => "autostart",
            ServicesVerb::Replan => "replan",
        }
    }
}
