//! Health checks as `GET /v1/checks` lists them.

use serde::{Deserialize, Serialize};

use crate::types::ChangeId;

/// One check and how it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct CheckInfo {
    /// Its name in the plan.
    pub name: String,
    /// `alive`, `ready` or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// `enabled` or `disabled`.
    pub startup: String,
    /// `up`, `down` or `inactive`.
    pub status: String,
    /// Successes in a row or overall, as the daemon counts.
    pub successes: u64,
    /// Failures in a row.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u64,
    /// At how many failures it is down.
    pub threshold: u64,
    /// The change that performs or recovers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<ChangeId>,
    /// The change before that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_change_id: Option<ChangeId>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
