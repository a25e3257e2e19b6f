//! Services as `/v1/services` lists and moves them.

use serde::{Deserialize, Serialize};

use crate::plan::Startup;

/// One service and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ServiceInfo {
    /// Its name in the plan.
    pub name: String,
    /// Whether `autostart` and `replan` start it; Pebble never prints it unset.
    pub startup: Startup,
    /// How it stands.
    pub current: ServiceStatus,
    /// Since when, as Pebble prints times; missing for a service never started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_since: Option<String>,
}

impl ServiceInfo {
    /// Whether its process runs (and not merely waits to be started again).
    pub fn is_running(&self) -> bool {
        self.current == ServiceStatus::Active
    }
}

/// How a service stands, as a client sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceStatus {
    /// Running, or on its way to run or to stop.
    Active,
    /// Not running, and nothing is wrong.
    #[default]
    Inactive,
    /// Ended by itself; will be started again after a pause.
    Backoff,
    /// Ended by itself, and stays so.
    Error,
    /// A word this version does not know.
    #[serde(other)]
    Unknown,
}

/// Body of `POST /v1/services`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServicesAction {
    /// `start`, `stop`, `restart`, `autostart` or `replan`.
    pub action: String,
    /// Whom it concerns; the last two take no names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}
