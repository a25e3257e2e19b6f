//! The plan's sections `workloads` (shared user and environment of services) and `pairing`.

use serde::{Deserialize, Serialize};

use super::service::is_empty;
use super::text_enum::text_enum;
use super::{Environment, Override};

/// User and environment that services share. The section can't change while the daemon runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Workload {
    /// Override of lower layers; required in every layer.
    #[serde(rename = "override", skip_serializing_if = "Override::is_unset")]
    pub override_: Override,
    /// Environment variables, below the service's own.
    #[serde(skip_serializing_if = "is_empty")]
    pub environment: Environment,
    /// User id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u32>,
    /// User name to run as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Group id to run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u32>,
    /// Group name to run as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
}

text_enum! {
    /// Number of clients that may pair with the daemon.
    PairingMode {
        /// No client.
        Disabled = "disabled",
        /// One client.
        Single = "single",
        /// Any number of clients.
        Multiple = "multiple",
    }
}

/// The pairing section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Pairing {
    /// Number of clients that may pair.
    #[serde(skip_serializing_if = "PairingMode::is_unset")]
    pub mode: PairingMode,
}

impl Pairing {
    /// For serde: true if unset.
    pub(super) fn is_unset(&self) -> bool {
        self.mode.is_unset()
    }
}
