//! The state while the daemon runs: shared, saved after each change, and telling those who wait for something in it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::errno;
use crate::journal::Journal;
use crate::state::State;
use crate::state::file::File;

/// How long to wait before another try to save.
const RETRY: Duration = Duration::from_secs(3);

/// The state, its file, and who waits for it to change.
#[derive(Debug)]
pub(crate) struct Store {
    state: RefCell<State>,
    file: File,
    unsaved: Cell<bool>,
    due: Notify,
    changed: watch::Sender<()>,
    journal: Journal,
}

impl Store {
    /// A store of what the file held.
    pub(crate) fn new(state: State, file: File, journal: Journal) -> Store {
        let (unsaved, due, changed) = (Cell::new(true), Notify::new(), watch::Sender::new(()));
        Store { state: RefCell::new(state), file, unsaved, due, changed, journal }
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// Changes the state. It is saved soon, or before that by [`Store::save`].
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state.borrow_mut());
        self.unsaved.set(true);
        self.due.notify_one();
        self.changed.send_replace(());
        result
    }

    /// Saves what isn't saved yet; whether that went well.
    pub(crate) fn save(&self) -> bool {
        if !self.unsaved.get() {
            return true;
        }
        let saved = self.file.save(&self.state.borrow());
        if let Err(error) = &saved {
            self.journal.note(&format!("Cannot write state file, retrying: {}", errno::text(error)));
        }
        self.unsaved.set(saved.is_err());
        saved.is_ok()
    }

    /// Saves whenever there is something to save, for ever.
    pub(crate) async fn keep_saved(&self) {
        loop {
            while !self.save() {
                sleep(RETRY).await;
            }
            self.due.notified().await;
        }
    }

    /// Waits until `look` finds what it looks for.
    pub(crate) async fn wait<T>(&self, mut look: impl FnMut(&State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = self.read(&mut look) {
                return found;
            }
            // It can't end: the sender is ours.
            let _ = changed.changed().await;
        }
    }
}
