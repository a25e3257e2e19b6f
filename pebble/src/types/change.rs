//! Changes and tasks: Pebble's form of work that takes time.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Time;

/// Id of a change: an opaque text, today digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(String);

impl ChangeId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for ChangeId {
    fn from(id: T) -> Self {
        ChangeId(id.into())
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Selection of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeSelect {
    /// Unfinished changes, Pebble's default.
    #[default]
    InProgress,
    /// Finished changes, successful or failed.
    Ready,
    /// All changes.
    All,
}

impl ChangeSelect {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeSelect::InProgress => "in-progress",
            ChangeSelect::Ready => "ready",
            ChangeSelect::All => "all",
        }
    }
}

/// A change: one or more tasks, begun by a request or by the daemon itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Change {
    /// Id of the change.
    pub id: ChangeId,
    /// Kind: `start`, `replan`, `exec`, …
    pub kind: String,
    /// One line for people.
    pub summary: String,
    /// Status: `Do`, `Doing`, `Done`, `Hold`, `Undo`, `Error`, `Wait`, `Abort`, …
    pub status: String,
    /// Tasks in the order of their creation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// True once the change has finished, successfully or not.
    pub ready: bool,
    /// Error of a failed change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<String>,
    /// Time of the beginning.
    pub spawn_time: Time,
    /// Time of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_time: Option<Time>,
    /// Further data of some kinds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_empty")]
    pub data: BTreeMap<String, Value>,
}

impl Change {
    /// Log lines of all tasks in order, the details of [`Change::err`].
    pub fn logs(&self) -> Vec<&str> {
        self.tasks.iter().flat_map(|task| task.log.iter().map(String::as_str)).collect()
    }
}

/// A task, one step of a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Task {
    /// Id, unique among all tasks.
    pub id: String,
    /// Kind: `start`, `stop`, `exec`, …
    pub kind: String,
    /// One line for people.
    pub summary: String,
    /// Status, as for [`Change::status`].
    pub status: String,
    /// Lines `TIME LEVEL text`; for a failed start with the service's last output.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// Progress.
    pub progress: Progress,
    /// Time of the creation.
    pub spawn_time: Time,
    /// Time of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_time: Option<Time>,
    /// Further data of some kinds: `exit-code` of an exec.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_empty")]
    pub data: BTreeMap<String, Value>,
}

/// Progress of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Unit of the counts.
    pub label: String,
    /// Finished units.
    pub done: i64,
    /// All units.
    pub total: i64,
}

/// Body of `POST /v1/changes/ID`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeAction {
    /// `abort`, the only action.
    pub action: String,
}

fn null_as_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Value>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
