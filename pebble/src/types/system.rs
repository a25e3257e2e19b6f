//! The daemon itself: `/v1/system-info` and `/v1/health`.

use serde::{Deserialize, Serialize};

/// Information about the daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct SystemInfo {
    /// The kernel's boot id; a random id for a daemon that is process 1.
    pub boot_id: String,
    /// Address of HTTP, besides the socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_address: Option<String>,
    /// Address of HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https_address: Option<String>,
    /// Version of the daemon.
    pub version: String,
}

/// Level of the checks that count for [`Health`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealthLevel {
    /// All checks.
    #[default]
    Any,
    /// Checks of level `alive`.
    Alive,
    /// Checks of levels `ready` and `alive`.
    Ready,
}

impl HealthLevel {
    /// The word on the wire; `None` without a level.
    pub fn as_str(self) -> Option<&'static str> {
        match self {
            HealthLevel::Any => None,
            HealthLevel::Alive => Some("alive"),
            HealthLevel::Ready => Some("ready"),
        }
    }
}

/// Health of the checks of a request. An unhealthy daemon answers with status 502 and this same type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// True if all checks are up.
    pub healthy: bool,
}
