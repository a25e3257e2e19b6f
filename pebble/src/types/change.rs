//! Changes and their tasks: how Pebble tells of work that takes time.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change's id: digits today, opaque to us.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(String);

impl ChangeId {
    /// The id as Pebble wrote it.
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

/// Which changes to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeSelect {
    /// Those still at work: what Pebble lists when not told.
    #[default]
    InProgress,
    /// Those that are done or have failed.
    Ready,
    /// Both.
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

/// Work of one or more tasks, begun by a request or by the daemon itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Change {
    /// Its id, to ask for it again.
    pub id: ChangeId,
    /// `start`, `replan`, `exec`, …
    pub kind: String,
    /// One line for people.
    pub summary: String,
    /// `Do`, `Doing`, `Done`, `Hold`, `Undo`, `Error`, `Wait`, `Abort`, …
    pub status: String,
    /// What it consists of, in the order of their making.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// Whether it is over, well or not.
    pub ready: bool,
    /// Why it failed; `None` while it runs and when it went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<String>,
    /// When it was begun.
    pub spawn_time: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_time: Option<String>,
    /// More, for some kinds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_empty")]
    pub data: BTreeMap<String, Value>,
}

impl Change {
    /// The log lines of all its tasks, in order: what a failed change has to say besides [`Change::err`].
    pub fn logs(&self) -> Vec<&str> {
        self.tasks.iter().flat_map(|task| task.log.iter().map(String::as_str)).collect()
    }
}

/// One step of a change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Task {
    /// Its id, unique among all tasks.
    pub id: String,
    /// `start`, `stop`, `exec`, …
    pub kind: String,
    /// One line for people.
    pub summary: String,
    /// As for [`Change::status`].
    pub status: String,
    /// Lines `TIME LEVEL text`, the service's last output among them when it failed to start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// How far it is.
    pub progress: Progress,
    /// When it was made.
    pub spawn_time: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_time: Option<String>,
    /// More, for some kinds: `exit-code` of an exec.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_as_empty")]
    pub data: BTreeMap<String, Value>,
}

/// How far a task is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What is counted.
    pub label: String,
    /// How many are done.
    pub done: i64,
    /// Of how many.
    pub total: i64,
}

/// Body of `POST /v1/changes/ID`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeAction {
    /// Only `abort` is known.
    pub action: String,
}

fn null_as_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Value>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
