//! Pruning: bounds on the age and number of changes and notices.

use std::time::Duration;

use super::{NO_PRUNE, State};
use crate::clock::Time;
use crate::notice::CHANGE_UPDATE;
use crate::task::Id;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Time that a finished change is kept.
const KEEP_READY: Duration = Duration::from_secs(7 * DAY.as_secs());
/// Time after which an unfinished change is aborted.
const KEEP_UNREADY: Duration = Duration::from_secs(14 * DAY.as_secs());
/// The most finished changes after a prune.
const MAX_READY: usize = 1000;
/// The most notices at any time. Every user of the machine may add some.
pub(super) const MAX_NOTICES: usize = 1000;

impl State {
    /// Removes old and surplus changes and notices; aborts changes that run for too long.
    pub(crate) fn prune(&mut self, now: Time) {
        self.dirty.all();
        for id in self.old_changes(now) {
            if let Some(change) = self.changes.remove(&id) {
                self.tasks.retain(|_, task| task.change != Some(change.id));
            }
        }
        self.tasks.retain(|_, task| task.change.is_some() || task.spawn_time > now.minus(KEEP_READY));
        let limit = now.minus(KEEP_UNREADY);
        let unready = self.changes.values().filter(|change| change.ready_time.is_none() && change.spawn_time < limit);
        let stuck = unready.filter(|change| !change.data.contains_key(NO_PRUNE));
        let stuck: Vec<Id> = stuck.map(|change| change.id).collect();
        for id in stuck {
            self.abort(id, now);
        }
        self.unready.retain(|id| self.tasks.contains_key(id));
        self.prune_notices(now);
    }

    fn old_changes(&self, now: Time) -> Vec<Id> {
        let mut ready: Vec<(Time, Id)> =
            self.changes.values().filter_map(|change| Some((change.ready_time?, change.id))).collect();
        ready.sort();
        let excess = ready.len().saturating_sub(MAX_READY);
        let old = |(index, (time, id)): (usize, &(Time, Id))| {
            (index < excess || *time < now.minus(KEEP_READY)).then_some(*id)
        };
        ready.iter().enumerate().filter_map(old).collect()
    }

    fn prune_notices(&mut self, now: Time) {
        let changes = &self.changes;
        self.notices.retain(|notice| {
            let orphan =
                notice.kind == CHANGE_UPDATE && Id::parse(&notice.key).is_none_or(|id| !changes.contains_key(&id));
            !orphan && !notice.is_expired(now)
        });
        self.keep_latest_notices(MAX_NOTICES);
    }

    /// Drops expired notices, then the oldest, until one more fits.
    ///
    /// Pebble keeps any number until its next prune, ten minutes later at most.
    pub(super) fn make_room_for_notice(&mut self, now: Time) {
        if self.notices.len() >= MAX_NOTICES {
            self.notices.retain(|notice| {
                let is_expired = notice.is_expired(now);
                if is_expired {
                    self.dirty.gone_notice(&notice.id);
                }
                !is_expired
            });
            self.keep_latest_notices(MAX_NOTICES - 1);
        }
    }

    /// Drops the notices with the earliest last occurrences, until at most `most` are left.
    fn keep_latest_notices(&mut self, most: usize) {
        if self.notices.len() > most {
            self.notices.sort_by_key(|notice| notice.last_occurred);
            for notice in self.notices.drain(..self.notices.len() - most) {
                self.dirty.gone_notice(&notice.id);
            }
        }
    }
}
