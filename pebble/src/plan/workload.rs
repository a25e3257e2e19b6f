//! Two rarer sections of a plan: workloads (shared user and environment of services) and pairing.

use serde::{Deserialize, Serialize};

use super::service::is_empty;
use super::text_enum::text_enum;
use super::{Environment, Override};

/// User and environment that several services share. The section can't change once the daemon runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Workload {
    /// How it meets the layers below; every layer must say it.
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
    /// How many clients may pair with the daemon.
    PairingMode {
        /// None.
        Disabled = "disabled",
        /// One.
        Single = "single",
        /// Any number.
        Multiple = "multiple",
    }
}

/// The pairing section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Pairing {
    /// How many clients may pair.
    #[serde(skip_serializing_if = "PairingMode::is_unset")]
    pub mode: PairingMode,
}

impl Pairing {
    /// For serde: whether there is nothing to write.
    pub(super) fn is_unset(&self) -> bool {
        self.mode.is_unset()
    }
}
