//! Aborting a change, or lanes of it, with the tasks that depend on them.

use std::collections::BTreeSet;

use super::State;
use crate::clock::Time;
use crate::status::Status;
use crate::task::{Id, Task};

/// Lanes and tasks that were visited.
#[derive(Default)]
struct Seen {
    lanes: BTreeSet<u64>,
    tasks: BTreeSet<Id>,
}

impl State {
    /// Aborts a change.
    pub(crate) fn abort(&mut self, change: Id, now: Time) {
        let Some(tasks) = self.changes.get(&change).map(|change| change.task_ids.clone()) else { return };
        self.abort_tasks(change, tasks, &mut Seen::default(), now);
    }

    /// Aborts the tasks of these lanes and all tasks that wait for them, except those that a healthy lane shares.
    pub(super) fn abort_lanes(&mut self, change: Id, lanes: &[u64], now: Time) {
        self.abort_lanes_unless_seen(change, lanes, &mut Seen::default(), now);
    }

    fn abort_lanes_unless_seen(&mut self, change: Id, lanes: &[u64], seen: &mut Seen, now: Time) {
        let Some(all) = self.changes.get(&change) else { return };
        let healthy = self.healthy_lanes(all.task_ids.iter(), lanes);
        let doomed = |task: &&Task| {
            task.lanes().iter().any(|lane| lanes.contains(lane))
                && !task.lanes().iter().any(|lane| healthy.contains(lane))
        };
        let tasks: Vec<Id> = self.tasks_of(all).filter(doomed).map(|task| task.id).collect();
        seen.lanes.extend(lanes);
        self.abort_tasks(change, tasks, seen, now);
    }

    /// Lanes, other than the given ones, without a failed or aborted task.
    fn healthy_lanes<'a>(&self, tasks: impl Iterator<Item = &'a Id>, lanes: &[u64]) -> BTreeSet<u64> {
        let (mut live, mut dead) = (BTreeSet::new(), BTreeSet::new());
        for task in tasks.filter_map(|id| self.tasks.get(id)) {
            if task.lanes().iter().any(|lane| lanes.contains(lane)) {
                continue;
            }
            let healthy = matches!(task.status(), Status::Do | Status::Doing | Status::Done);
            if healthy { &mut live } else { &mut dead }.extend(task.lanes().iter().copied());
        }
        live.difference(&dead).copied().collect()
    }

    fn abort_tasks(&mut self, change: Id, mut tasks: Vec<Id>, seen: &mut Seen, now: Time) {
        let mut lanes = Vec::new();
        let mut index = 0;
        while let Some(id) = tasks.get(index).copied() {
            index += 1;
            if !seen.tasks.insert(id) {
                continue;
            }
            let Some(task) = self.tasks.get(&id) else { continue };
            if task.lanes().iter().any(|lane| !seen.lanes.contains(lane)) {
                lanes.extend(task.lanes().iter().copied());
            }
            tasks.extend(task.halt_tasks.iter().copied());
            match task.status() {
                Status::Do => self.set_status(id, Status::Hold, now),
                Status::Doing => self.set_status(id, Status::Abort, now),
                Status::Done => self.set_status(id, Status::Undo, now),
                _ => {}
            }
        }
        lanes.retain(|lane| !seen.lanes.contains(lane));
        if !lanes.is_empty() {
            self.abort_lanes_unless_seen(change, &lanes, seen, now);
        }
    }
}
