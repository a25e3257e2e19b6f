//! What charms tell with juju-log, as `juju debug-log` would show it.

use juju::{LogLevel, UnitName};
use std::collections::VecDeque;

/// The most lines kept.
const LIMIT: usize = 10_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Who logged it.
    pub unit: UnitName,
    /// How urgent it is.
    pub level: LogLevel,
    /// What it says.
    pub message: String,
}

/// The newest lines of the log, and how many there ever were.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    written: usize,
}

impl Log {
    pub(crate) fn push(&mut self, line: LogLine) {
        self.lines.push_back(line);
        self.written += 1;
        if self.lines.len() > LIMIT {
            self.lines.pop_front();
        }
    }

    /// How many lines were ever written: where a later [`Log::since`] goes on.
    pub fn written(&self) -> usize {
        self.written
    }

    /// The lines written after the first `count`, as far as they are kept.
    pub fn since(&self, count: usize) -> impl Iterator<Item = &LogLine> {
        let dropped = self.written - self.lines.len();
        self.lines.iter().skip(count.saturating_sub(dropped))
    }

    /// All lines that are kept.
    pub fn lines(&self) -> impl Iterator<Item = &LogLine> {
        self.lines.iter()
    }
}
