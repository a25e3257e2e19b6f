//! Output of services: a test says which lines they print.

use std::sync::Arc;

use pebble::types::{LogEntry, Time};
use tokio::sync::Notify;

use crate::{Pebble, clock};

/// Lines so far, and the signal that there are more.
#[derive(Debug, Default)]
pub(crate) struct Output {
    entries: Vec<LogEntry>,
    pub(crate) printed: Arc<Notify>,
}

impl Pebble {
    /// Has a service print a line, whether it runs or not. Clients that follow the output get it.
    pub fn print(&mut self, service: &str, line: &str) {
        let time = Time::from(clock::text(self.tick()));
        self.output.entries.push(LogEntry { time, service: service.to_owned(), message: line.to_owned() });
        self.output.printed.notify_waiters();
    }

    /// The lines that services printed so far, oldest first.
    pub fn logs(&self) -> &[LogEntry] {
        &self.output.entries
    }
}
