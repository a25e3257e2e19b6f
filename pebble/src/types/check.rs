//! Health checks as `GET /v1/checks` lists them.

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
