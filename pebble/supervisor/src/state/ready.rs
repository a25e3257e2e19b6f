//! Scheduling: tasks that are due, and the effects of their results.

use std::collections::BTreeSet;

use super::State;
use crate::clock::Time;
use crate::status::Status;
use crate::task::{Id, Level, Task};

/// Work for the runner.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Next {
    /// Tasks to start; already marked as running.
    pub(crate) run: Vec<Id>,
    /// Running tasks to abort.
    pub(crate) stop: Vec<Id>,
}

impl State {
    /// Updates all statuses that need no work, and returns the tasks to start and to abort. `running` are the tasks
    /// that run now.
    pub(crate) fn advance(&mut self, running: &BTreeSet<Id>, now: Time) -> Next {
        let mut next = Next::default();
        while self.settle(running, now) {}
        for task in self.unready.iter().filter_map(|id| self.tasks.get(id)) {
            let at_work = running.contains(&task.id);
            match task.status() {
                Status::Abort if at_work => next.stop.push(task.id),
                Status::Do | Status::Doing if !at_work && task.change.is_some() && !self.must_wait(task) => {
                    next.run.push(task.id);
                }
                _ => {}
            }
        }
        for id in &next.run {
            self.set_status(*id, Status::Doing, now);
        }
        next
    }

    /// One round of updates that need no work; true if there were any.
    fn settle(&mut self, running: &BTreeSet<Id>, now: Time) -> bool {
        let mut moves = Vec::new();
        let unready = self.unready.iter().filter(|id| !running.contains(id)).filter_map(|id| self.tasks.get(id));
        for task in unready.filter(|task| task.change.is_some()) {
            match task.status() {
                Status::Abort => moves.push((task.id, Status::Hold)),
                Status::Undo if !self.must_wait(task) => moves.push((task.id, Status::Done)),
                _ => {}
            }
        }
        for (id, status) in &moves {
            self.set_status(*id, *status, now);
        }
        !moves.is_empty()
    }

    fn must_wait(&self, task: &Task) -> bool {
        let status = |id: &Id| self.tasks.get(id).map_or(Status::Done, Task::status);
        match task.status() {
            Status::Do => task.wait_tasks.iter().any(|id| status(id) != Status::Done),
            Status::Undo => task.halt_tasks.iter().any(|id| !status(id).is_ready()),
            _ => false,
        }
    }

    /// Records a task's result. A failure aborts its lane.
    pub(crate) fn finish(&mut self, id: Id, outcome: &Result<(), String>, now: Time) {
        let Some(task) = self.tasks.get(&id) else { return };
        match (outcome, task.status()) {
            (Ok(()), Status::Doing) => self.set_status(id, Status::Done, now),
            (Ok(()), Status::Abort) => self.set_status(id, Status::Undo, now),
            (Ok(()), _) => {}
            (Err(why), _) => {
                let (change, lanes) = (task.change, task.lanes().to_vec());
                if let Some(change) = change {
                    self.abort_lanes(change, &lanes, now);
                }
                self.log(id, Level::Error, why, now);
                self.set_status(id, Status::Error, now);
            }
        }
    }

    /// Sets a task's status, and updates its change.
    pub(super) fn set_status(&mut self, id: Id, status: Status, now: Time) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        let old = task.status;
        if old == status || (status == Status::Done && old == Status::Abort) {
            return;
        }
        task.status = status;
        self.dirty.task(id);
        if task.status().is_ready() {
            self.unready.remove(&id);
        } else {
            self.unready.insert(id);
        }
        if !old.is_ready() && status.is_ready() {
            task.ready_time = Some(now);
            task.clean = true;
        }
        if let Some(change) = task.change {
            self.change_moved(change, now);
        }
    }

    /// Records a change's end, and a notice if its status differs from the last one.
    pub(super) fn change_moved(&mut self, id: Id, now: Time) {
        let Some(change) = self.changes.get(&id) else { return };
        let status = self.status(change);
        let over = self.tasks_of(change).all(|task| task.status.is_ready());
        self.dirty.change(id);
        let Some(change) = self.changes.get_mut(&id) else { return };
        if over && change.ready_time.is_none() {
            change.ready_time = Some(now);
        }
        change.clean |= over;
        let told = change.last_recorded_notice_status;
        let back = (told, status) == (Status::Doing, Status::Do);
        if told != status && !back {
            change.last_recorded_notice_status = status;
            self.notice_change(id, now);
        }
    }

    /// True if the change has finished or was pruned.
    pub(crate) fn is_ready(&self, id: Id) -> bool {
        self.changes.get(&id).is_none_or(|change| change.ready_time.is_some())
    }
}
