//! The shared state of the running daemon: saved after each change, with waits for conditions.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::errno;
use crate::journal::Journal;
use crate::state::State;
use crate::state::file::File;

/// Pause before another attempt to save.
const RETRY: Duration = Duration::from_secs(3);

/// The state with its file and its waiters.
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
    /// A store with the loaded state.
    pub(crate) fn new(state: State, file: File, journal: Journal) -> Store {
        let (unsaved, due, changed) = (Cell::new(true), Notify::new(), watch::Sender::new(()));
        Store { state: RefCell::new(state), file, unsaved, due, changed, journal }
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// Changes the state, wakes the waiters and schedules a save.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state.borrow_mut());
        self.unsaved.set(true);
        self.due.notify_one();
        self.changed.send_replace(());
        result
    }

    /// Saves the whole state, for other programs to read; false if that failed.
    pub(crate) fn save_whole(&self) -> bool {
        self.write(State::save_whole);
        self.save()
    }

    /// Saves unsaved changes; false if that failed.
    pub(crate) fn save(&self) -> bool {
        if !self.unsaved.get() || !self.state.borrow().is_dirty() {
            return true;
        }
        let saved = self.file.save(&self.state.borrow());
        if saved.is_ok() {
            self.state.borrow_mut().saved();
        }
        if let Err(error) = &saved {
            self.journal.note(&format!("Cannot write state file, retrying: {}", errno::text(error)));
        }
        self.unsaved.set(saved.is_err());
        saved.is_ok()
    }

    /// Saves whenever the state has changed, for ever.
    pub(crate) async fn keep_saved(&self) {
        loop {
            while !self.save() {
                sleep(RETRY).await;
            }
            self.due.notified().await;
        }
    }

    /// Waits until `look` returns a value.
    pub(crate) async fn wait<T>(&self, mut look: impl FnMut(&State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = self.read(&mut look) {
                return found;
            }
            // The sender lives as long as the store.
            let _ = changed.changed().await;
        }
    }
}
