//! Changes, tasks and notices, and the rules by which tasks run, fail and abort others. Pure but for [`mod@file`]: no
//! clock, no process.
//!
//! A task runs once all tasks that it waits for are done. When a task fails, its lane and all tasks that wait for it
//! are aborted; other lanes go on. Finished tasks are not undone.

mod abort;
mod delta;
pub(crate) mod file;
mod prune;
mod ready;

use std::collections::{BTreeMap, BTreeSet};

use delta::Dirty;
use pebble::plan::quote;
use pebble::types;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::change::Change;
use crate::clock::Time;
use crate::identity::Identities;
use crate::notice::{CHANGE_UPDATE, Filter, Notice, Occurrence};
use crate::status::Status;
use crate::task::{Id, Level, Task, api_data};

/// Version of the state's format, by Pebble's count. Later formats can't be read.
const PATCH_LEVEL: u64 = 2;
const PATCH_LEVEL_KEY: &str = "patch-level";
const IDENTITIES: &str = "identities";
/// Keys of a change's data: what its notices have besides its kind, and the mark that it is never pruned.
const NOTICE_DATA: &str = "notice-data";
const NO_PRUNE: &str = "check-no-prune";

/// State that outlives the daemon, field for field as Pebble's.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct State {
    #[serde(default, deserialize_with = "or_default")]
    data: BTreeMap<String, Value>,
    #[serde(default, deserialize_with = "or_default")]
    changes: BTreeMap<Id, Change>,
    #[serde(default, deserialize_with = "or_default")]
    tasks: BTreeMap<Id, Task>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    notices: Vec<Notice>,
    #[serde(default)]
    last_change_id: u64,
    #[serde(default)]
    last_task_id: u64,
    #[serde(default)]
    last_lane_id: u64,
    #[serde(default)]
    last_notice_id: u64,
    /// Copy of the data's identities, which each request looks at.
    #[serde(skip)]
    identities: Identities,
    #[serde(skip)]
    dirty: Dirty,
    /// Tasks that are not ready, which are few: looking for work must not cost more with each task that is kept.
    #[serde(skip)]
    unready: BTreeSet<Id>,
}

impl State {
    /// The state of a first start.
    pub(crate) fn new(now: Time) -> State {
        let data = [
            (PATCH_LEVEL_KEY, Value::from(PATCH_LEVEL)),
            ("patch-sublevel", Value::from(0)),
            ("start-of-operation-time", Value::from(now.to_string())),
        ];
        let mut state = State { data: data.map(|(key, value)| (key.to_owned(), value)).into(), ..State::default() };
        state.save_whole();
        state
    }

    /// A new lane.
    pub(crate) fn new_lane(&mut self) -> u64 {
        self.last_lane_id += 1;
        self.last_lane_id
    }

    /// Adds a task without a change.
    pub(crate) fn new_task(&mut self, kind: &str, summary: String, now: Time) -> Id {
        self.last_task_id += 1;
        let id = Id(self.last_task_id);
        self.tasks.insert(id, Task::new(id, kind, summary, now));
        self.unready.insert(id);
        self.dirty.task(id);
        id
    }

    /// Adds start or stop tasks for services; the tasks of a lane wait for each other.
    pub(crate) fn service_tasks(&mut self, verb: Verb, lanes: &[Vec<String>], now: Time) -> Vec<Id> {
        let mut tasks = Vec::new();
        for services in lanes {
            let lane = self.new_lane();
            let mut previous = None;
            for service in services {
                let id = self.new_task(verb.kind(), format!("{} service {}", verb.title(), quote(service)), now);
                let task = self.tasks.entry(id).or_insert_with(|| Task::new(id, verb.kind(), String::new(), now));
                task.data.insert("service-request".to_owned(), serde_json::json!({ "Name": service }));
                task.lanes.push(lane);
                if let Some(previous) = previous.replace(id) {
                    self.wait_for(id, previous);
                }
                tasks.push(id);
            }
        }
        tasks
    }

    /// Makes `task` wait for `other`.
    pub(crate) fn wait_for(&mut self, task: Id, other: Id) {
        self.dirty.task(task);
        self.dirty.task(other);
        if let Some(task) = self.tasks.get_mut(&task) {
            task.wait_tasks.push(other);
        }
        if let Some(other) = self.tasks.get_mut(&other) {
            other.halt_tasks.push(task);
        }
    }

    /// Adds a change with these tasks; without tasks it is done at once.
    pub(crate) fn new_change(&mut self, kind: &str, summary: String, tasks: &[Id], now: Time) -> Id {
        self.add_change(kind, summary, tasks, BTreeMap::new(), now)
    }

    fn add_change(
        &mut self,
        kind: &str,
        summary: String,
        tasks: &[Id],
        data: BTreeMap<String, Value>,
        now: Time,
    ) -> Id {
        self.last_change_id += 1;
        let id = Id(self.last_change_id);
        let mut change = Change::new(id, kind, summary, now);
        change.data = data;
        change.task_ids = tasks.to_vec();
        self.changes.insert(id, change);
        self.dirty.change(id);
        self.notice_change(id, now);
        for task in tasks {
            self.dirty.task(*task);
            if let Some(task) = self.tasks.get_mut(task) {
                task.change = Some(id);
            }
        }
        if tasks.is_empty() {
            if let Some(change) = self.changes.get_mut(&id) {
                change.status = Status::Done;
                change.ready_time = Some(now);
            }
            self.change_moved(id, now);
        }
        id
    }

    /// Adds a change that runs a check in one task. It is not pruned, and its notices name the check.
    pub(crate) fn new_check_change(&mut self, kind: &str, summary: String, check: &str, task: Id, now: Time) -> Id {
        let notice = serde_json::json!({ "check-name": check });
        let data = [(NOTICE_DATA.to_owned(), notice), (NO_PRUNE.to_owned(), Value::from(true))];
        self.add_change(kind, summary, &[task], data.into(), now)
    }

    /// Lists a change under these services, for clients that filter by service.
    pub(crate) fn set_services(&mut self, change: Id, services: &[String]) {
        self.dirty.change(change);
        if let Some(change) = self.changes.get_mut(&change) {
            change.data.insert("service-names".to_owned(), Value::from(services));
        }
    }

    /// The task with this id, if it belongs to a change.
    pub(crate) fn task(&self, id: Id) -> Option<&Task> {
        self.tasks.get(&id).filter(|task| task.change.is_some())
    }

    /// Stores a value in the task's data.
    pub(crate) fn set_task_data(&mut self, id: Id, key: &str, value: Value) {
        self.dirty.task(id);
        if let Some(task) = self.tasks.get_mut(&id) {
            task.data.insert(key.to_owned(), value);
        }
    }

    /// Adds a line to a task's log.
    pub(crate) fn log(&mut self, id: Id, level: Level, text: &str, now: Time) {
        self.dirty.task(id);
        if let Some(task) = self.tasks.get_mut(&id) {
            task.log(level, text, now);
        }
    }

    /// The change with this id.
    pub(crate) fn change(&self, id: Id) -> Option<&Change> {
        self.changes.get(&id)
    }

    /// All changes, oldest first.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.values()
    }

    /// Status of a change.
    pub(crate) fn status(&self, change: &Change) -> Status {
        if change.status != Status::Default {
            return change.status;
        }
        Status::of_change(self.tasks_of(change).map(Task::status))
    }

    fn tasks_of<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = &'a Task> {
        change.task_ids.iter().filter_map(|id| self.tasks.get(id))
    }

    /// Error of a failed change, in Pebble's words; `None` otherwise.
    pub(crate) fn error(&self, change: &Change) -> Option<String> {
        if self.status(change) != Status::Error {
            return None;
        }
        let mut text = "cannot perform the following tasks:".to_owned();
        for task in self.tasks_of(change).filter(|task| task.status() == Status::Error) {
            for error in task.errors() {
                text.push_str(&format!("\n- {} ({error})", task.summary));
            }
        }
        Some(text)
    }

    /// A change in the API's form.
    pub(crate) fn info(&self, change: &Change) -> types::Change {
        let status = self.status(change);
        types::Change {
            id: change.id.to_string().into(),
            kind: change.kind.clone(),
            summary: change.summary.clone(),
            status: status.as_str().to_owned(),
            tasks: self.tasks_of(change).map(Task::info).collect(),
            ready: status.is_ready(),
            err: self.error(change),
            spawn_time: change.spawn_time.to_string().into(),
            ready_time: change.ready_time.map(|time| time.to_string().into()),
            data: api_data(&change.data),
        }
    }

    /// Identities by name.
    pub(crate) fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Replaces the identities.
    pub(crate) fn set_identities(&mut self, identities: Identities) {
        // Serialising texts and numbers can't fail.
        let value = serde_json::to_value(&identities).unwrap_or_default();
        self.data.insert(IDENTITIES.to_owned(), value);
        self.dirty.any = true;
        self.identities = identities;
    }

    /// Fills in what is not in the file, after it was loaded: the unready tasks, and the identities of the state's data.
    ///
    /// # Errors
    /// The identities are of another form.
    pub(super) fn complete(&mut self) -> serde_json::Result<()> {
        let unready = self.tasks.values().filter(|task| !task.status().is_ready());
        self.unready = unready.map(|task| task.id).collect();
        if let Some(value) = self.data.get(IDENTITIES) {
            self.identities = Identities::deserialize(value)?;
        }
        Ok(())
    }

    /// Counts an occurrence and returns the notice's id. A new notice beyond [`prune::MAX_NOTICES`] displaces the oldest.
    pub(crate) fn notify(&mut self, occurrence: Occurrence, now: Time) -> String {
        if let Some(notice) = self.notices.iter_mut().find(|notice| notice.is_of(&occurrence)) {
            notice.again(occurrence, now);
            self.dirty.notice(&notice.id);
            return notice.id.clone();
        }
        self.make_room_for_notice(now);
        self.last_notice_id += 1;
        self.notices.push(Notice::first(self.last_notice_id, occurrence, now));
        self.dirty.notice(&self.last_notice_id.to_string());
        self.last_notice_id.to_string()
    }

    /// Notices that the filter selects, in the order of their last repetition.
    pub(crate) fn notices(&self, filter: &Filter, now: Time) -> Vec<&Notice> {
        let wanted = |notice: &&Notice| !notice.is_expired(now) && filter.matches(notice);
        let mut notices: Vec<&Notice> = self.notices.iter().filter(wanted).collect();
        notices.sort_by_key(|notice| notice.last_repeated);
        notices
    }

    /// The notice with this id.
    pub(crate) fn notice(&self, id: &str) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.id == id)
    }

    fn notice_change(&mut self, id: Id, now: Time) {
        let Some(change) = self.changes.get(&id) else { return };
        let mut data = BTreeMap::from([("kind".to_owned(), change.kind.clone())]);
        let more = change.data.get(NOTICE_DATA).and_then(Value::as_object);
        let more =
            more.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        data.extend(more);
        let occurrence =
            Occurrence { kind: CHANGE_UPDATE.to_owned(), key: id.to_string(), data, ..Occurrence::default() };
        self.notify(occurrence, now);
    }
}

/// Reads null as the default: Go writes null for an empty map or list.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Action of a service task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Start,
    Stop,
}

impl Verb {
    fn kind(self) -> &'static str {
        match self {
            Verb::Start => "start",
            Verb::Stop => "stop",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Verb::Start => "Start",
            Verb::Stop => "Stop",
        }
    }
}

#[cfg(test)]
mod tests;
