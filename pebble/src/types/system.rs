//! The daemon itself: `/v1/system-info` and `/v1/health`.

use serde::{Deserialize, Serialize};

/// Who answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct SystemInfo {
    /// The kernel's boot id, or in a container one the daemon drew.
    pub boot_id: String,
    /// Where it serves HTTP besides the socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_address: Option<String>,
    /// Where it serves HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_address: Option<String>,
    /// The daemon's version.
    pub version: String,
}

/// Which checks count for [`Health`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealthLevel {
    /// All.
    #[default]
    Any,
    /// Those of level `alive`.
    Alive,
    /// Those of level `ready`, and `alive` with them.
    Ready,
}

impl HealthLevel {
    /// The word on the wire, if it takes one.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            HealthLevel::Any => None,
            HealthLevel::Alive => Some("alive"),
            HealthLevel::Ready => Some("ready"),
        }
    }
}

/// Whether all checks asked about are up. A daemon that says no answers with status 502 and this same shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// The verdict.
    pub healthy: bool,
}
