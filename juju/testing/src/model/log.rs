//! Lines that charms log with `juju-log`, as `juju debug-log` shows them.

use juju::{LogLevel, UnitName};
use std::collections::VecDeque;

/// Limit of the lines that are kept.
const LIMIT: usize = 10_000;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The unit that logged it.
    pub unit: UnitName,
    /// Level of the line.
    pub level: LogLevel,
    /// Text of the line.
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

    /// The number of lines ever written: the argument of a later [`Log::since`].
    pub fn written(&self) -> usize {
        self.written
    }

    /// The lines after the first `count` ever written, without those that were dropped.
    pub fn since(&self, count: usize) -> impl Iterator<Item = &LogLine> {
        let dropped = self.written - self.lines.len();
        self.lines.iter().skip(count.saturating_sub(dropped))
    }

    /// All kept lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &LogLine> {
        self.lines.iter()
    }
}
