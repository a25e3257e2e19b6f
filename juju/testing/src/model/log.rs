//! The lines charms log with `juju-log`, as `juju debug-log` shows them.

use juju::{LogLevel, UnitName};
use std::collections::VecDeque;

/// The most lines kept.
const LIMIT: usize = 10_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The unit that logged it.
    pub unit: UnitName,
    /// Its level.
    pub level: LogLevel,
    /// Its text.
    pub message: String,
}

/// The newest lines of the log, and the number of lines ever written.
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

    /// The number of lines ever written, which a later [`Log::since`] continues from.
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
