//! Health checks, `/v1/checks`.

use serde::{Deserialize, Serialize};

use crate::types::ChangeId;

/// A check with its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct CheckInfo {
    /// Name in the plan.
    pub name: String,
    /// Level: `alive`, `ready` or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// Startup: `enabled` or `disabled`.
    pub startup: String,
    /// Status: `up`, `down` or `inactive`.
    pub status: String,
    /// Successes, as the daemon counts them.
    pub successes: u64,
    /// Failures in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u64,
    /// Failures in a row until the check is down.
    pub threshold: i64,
    /// Change that performs or recovers the check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<ChangeId>,
    /// Change before that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_change_id: Option<ChangeId>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Result of [`crate::blocking::Client::refresh_check`]: one run of a check, now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckRefresh {
    /// The check after the run.
    pub info: CheckInfo,
    /// Error of the run; empty if it succeeded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// Body of `POST /v1/checks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChecksAction {
    /// Action: `start` or `stop`.
    pub action: String,
    /// Names of checks.
    pub checks: Vec<String>,
}

/// Result of `POST /v1/checks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChecksChanged {
    /// Names of the checks that were not in that state before.
    pub changed: Vec<String>,
}

/// Body of `POST /v1/checks/refresh`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefreshAction {
    /// Name of the check.
    pub name: String,
}
