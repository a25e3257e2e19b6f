//! Tasks, the steps of a change. Their scheduling is in `state`.

use std::collections::BTreeMap;
use std::fmt;

use pebble::types;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::clock::Time;
use crate::status::Status;

/// Lines that a task's log keeps.
const LOG_LINES: usize = 10;

/// Id of a task or change: a number, written as text on the wire and in the state file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(crate) u64);

impl Id {
    /// Parses an id; `None` for a text that this daemon never writes.
    pub(crate) fn parse(text: &str) -> Option<Id> {
        let id = Id(text.parse().ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Id, D::Error> {
        let text = String::deserialize(from)?;
        Id::parse(&text).ok_or_else(|| de::Error::custom("not an id"))
    }
}

/// A task, in the state file field for field as Pebble's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Task {
    pub(crate) id: Id,
    pub(crate) kind: String,
    pub(crate) summary: String,
    #[serde(default)]
    pub(crate) status: Status,
    #[serde(default)]
    waited_status: Status,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) clean: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) data: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wait_tasks: Vec<Id>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) halt_tasks: Vec<Id>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lanes: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    log: Vec<String>,
    #[serde(with = "optional_id")]
    pub(crate) change: Option<Id>,
    pub(crate) spawn_time: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ready_time: Option<Time>,
}

impl Task {
    /// A new task without a change.
    pub(crate) fn new(id: Id, kind: &str, summary: String, now: Time) -> Task {
        Task {
            id,
            kind: kind.to_owned(),
            summary,
            status: Status::Default,
            waited_status: Status::Default,
            clean: false,
            data: BTreeMap::new(),
            wait_tasks: Vec::new(),
            halt_tasks: Vec::new(),
            lanes: Vec::new(),
            log: Vec::new(),
            change: None,
            spawn_time: now,
            ready_time: None,
        }
    }

    /// Status of the task.
    pub(crate) fn status(&self) -> Status {
        if self.status == Status::Default { Status::Do } else { self.status }
    }

    /// Lanes of the task; a task without lanes is in lane 0.
    pub(crate) fn lanes(&self) -> &[u64] {
        if self.lanes.is_empty() { &[0] } else { &self.lanes }
    }

    /// Adds a line to the log, which keeps the last [`LOG_LINES`].
    pub(crate) fn log(&mut self, level: Level, text: &str, now: Time) {
        if self.log.len() >= LOG_LINES {
            self.log.drain(..=self.log.len() - LOG_LINES);
        }
        self.log.push(format!("{} {} {text}", now.seconds(), level.as_str()));
    }

    /// Texts of the log's errors, without time and level.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &str> {
        self.log.iter().filter_map(|line| line.split_once(' ')?.1.strip_prefix("ERROR "))
    }

    /// The service that the task starts or stops.
    pub(crate) fn service(&self) -> Option<&str> {
        self.data.get("service-request")?.get("Name")?.as_str()
    }

    /// The task in the API's form.
    pub(crate) fn info(&self) -> types::Task {
        let done = i64::from(self.status() != Status::Do);
        types::Task {
            id: self.id.to_string(),
            kind: self.kind.clone(),
            summary: self.summary.clone(),
            status: self.status().as_str().to_owned(),
            log: self.log.clone(),
            progress: types::Progress { label: String::new(), done, total: 1 },
            spawn_time: self.spawn_time.to_string().into(),
            ready_time: self.ready_time.map(|time| time.to_string().into()),
            data: api_data(&self.data),
        }
    }
}

/// The public part of a task's or change's data.
pub(crate) fn api_data(data: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let Some(Value::Object(shown)) = data.get("api-data") else { return BTreeMap::new() };
    shown.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Level of a line in a task's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Information.
    Info,
    /// The reason of a failure.
    Error,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Level::Info => "INFO",
            Level::Error => "ERROR",
        }
    }
}

/// Serde of a task's change: Pebble writes a missing one as an empty text.
mod optional_id {
    use super::{Deserialize, Deserializer, Id, Serializer};

    pub(super) fn serialize<S: Serializer>(id: &Option<Id>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&id.map(|id| id.to_string()).unwrap_or_default())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Id>, D::Error> {
        Ok(Id::parse(&String::deserialize(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time::parse("2026-01-02T03:04:05.5Z").unwrap()
    }

    #[test]
    fn keeps_the_last_ten_lines() {
        let mut task = Task::new(Id(1), "start", String::new(), now());
        for line in 0..12 {
            task.log(Level::Info, &line.to_string(), now());
        }
        assert_eq!(task.log.len(), 10);
        assert_eq!(task.log[0], "2026-01-02T03:04:05Z INFO 2");
    }

    #[test]
    fn tells_errors_from_the_rest() {
        let mut task = Task::new(Id(1), "start", String::new(), now());
        task.log(Level::Info, "an ERROR in the text", now());
        task.log(Level::Error, "it broke", now());
        assert_eq!(task.errors().collect::<Vec<_>>(), ["it broke"]);
    }

    #[test]
    fn takes_only_ids_it_could_have_given() {
        assert_eq!(Id::parse("12"), Some(Id(12)));
        for wrong in ["", "012", "+1", "x", "-1"] {
            assert_eq!(Id::parse(wrong), None, "{wrong}");
        }
    }
}
