//! Parts of the state that changed since the last save, so that a save costs as much as they are long.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::State;
use crate::change::Change;
use crate::notice::Notice;
use crate::task::{Id, Task};

/// Changed parts.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub(super) tasks: BTreeSet<Id>,
    pub(super) changes: BTreeSet<Id>,
    pub(super) notices: BTreeSet<String>,
    pub(super) gone_notices: BTreeSet<String>,
    /// True if anything changed.
    pub(super) any: bool,
    /// True if other parts were removed: only the whole state can say so.
    pub(super) whole: bool,
}

impl Dirty {
    pub(super) fn task(&mut self, id: Id) {
        self.any = true;
        self.tasks.insert(id);
    }

    pub(super) fn change(&mut self, id: Id) {
        self.any = true;
        self.changes.insert(id);
    }

    pub(super) fn notice(&mut self, id: &str) {
        self.any = true;
        self.notices.insert(id.to_owned());
    }

    pub(super) fn gone_notice(&mut self, id: &str) {
        self.any = true;
        self.notices.remove(id);
        self.gone_notices.insert(id.to_owned());
    }

    pub(super) fn all(&mut self) {
        (self.any, self.whole) = (true, true);
    }
}

/// New values of changed parts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Delta {
    data: BTreeMap<String, Value>,
    changes: Vec<Change>,
    tasks: Vec<Task>,
    notices: Vec<Notice>,
    /// Ids of notices that were displaced.
    #[serde(default)]
    gone_notices: BTreeSet<String>,
    /// Last ids of changes, tasks, lanes and notices.
    last_ids: [u64; 4],
}

impl State {
    /// The parts that changed since [`State::saved`]; `None` if only the whole state tells the change.
    pub(super) fn delta(&self) -> Option<Delta> {
        if self.dirty.whole {
            return None;
        }
        let notices = self.notices.iter().filter(|notice| self.dirty.notices.contains(&notice.id));
        Some(Delta {
            data: self.data.clone(),
            changes: self.dirty.changes.iter().filter_map(|id| self.changes.get(id).cloned()).collect(),
            tasks: self.dirty.tasks.iter().filter_map(|id| self.tasks.get(id).cloned()).collect(),
            notices: notices.cloned().collect(),
            gone_notices: self.dirty.gone_notices.clone(),
            last_ids: [self.last_change_id, self.last_task_id, self.last_lane_id, self.last_notice_id],
        })
    }

    /// Takes over the parts of a delta.
    pub(super) fn apply(&mut self, delta: Delta) {
        self.data = delta.data;
        self.changes.extend(delta.changes.into_iter().map(|change| (change.id, change)));
        self.tasks.extend(delta.tasks.into_iter().map(|task| (task.id, task)));
        self.notices.retain(|notice| !delta.gone_notices.contains(&notice.id));
        for notice in delta.notices {
            match self.notices.iter_mut().find(|known| known.id == notice.id) {
                Some(known) => *known = notice,
                None => self.notices.push(notice),
            }
        }
        [self.last_change_id, self.last_task_id, self.last_lane_id, self.last_notice_id] = delta.last_ids;
    }

    /// True if anything changed since [`State::saved`].
    pub(crate) fn is_dirty(&self) -> bool {
        self.dirty.any
    }

    /// Notes that all changes are saved.
    pub(crate) fn saved(&mut self) {
        self.dirty = Dirty::default();
    }

    /// Makes the next save write the whole state.
    pub(crate) fn save_whole(&mut self) {
        self.dirty.all();
    }
}
