//! A change: a group of tasks with a summary. Its status follows from its tasks and is computed by `State`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Time;
use crate::status::Status;
use crate::task::Id;

/// A change, in the state file field for field as Pebble's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Change {
    pub(crate) id: Id,
    pub(crate) kind: String,
    pub(crate) summary: String,
    /// Set only for a change without tasks; otherwise derived from them.
    #[serde(default)]
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) clean: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) data: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) task_ids: Vec<Id>,
    pub(crate) spawn_time: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ready_time: Option<Time>,
    #[serde(default)]
    pub(crate) last_recorded_notice_status: Status,
}

impl Change {
    /// A change without tasks.
    pub(crate) fn new(id: Id, kind: &str, summary: String, now: Time) -> Change {
        Change {
            id,
            kind: kind.to_owned(),
            summary,
            status: Status::Default,
            clean: false,
            data: BTreeMap::new(),
            task_ids: Vec::new(),
            spawn_time: now,
            ready_time: None,
            last_recorded_notice_status: Status::Default,
        }
    }

    /// True if the change is listed under this service. `None` for a change that names no services, such as a check's.
    pub(crate) fn concerns(&self, service: &str) -> Option<bool> {
        let names = self.data.get("service-names")?.as_array()?;
        Some(names.iter().any(|name| name == service))
    }
}
