//! End of a log, for an error's message.

use std::fmt;
use std::path::Path;

/// Number of lines that are quoted.
const LINES: usize = 15;

/// The last lines of a log. Displayed, it completes a sentence about the log's writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTail {
    lines: String,
    /// The line that says why a service failed.
    cause: Option<String>,
}

impl LogTail {
    /// The tail of the log `file`. A log that can't be read counts as empty.
    pub(crate) fn of(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        Self::last(&text.trim_end().lines().collect::<Vec<_>>())
    }

    /// The tail of a pod's log without the lines of Pebble's own, such as its requests; with them if there are no others.
    pub(crate) fn of_services(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let said: Vec<_> = text.lines().filter(|line| !is_pebbles(line)).map(message).collect();
        let cause = reason::line(&said.join("\n")).map(str::to_owned);
        let own: Vec<_> = text.lines().filter(|line| !is_pebbles(line)).collect();
        let lines = if own.iter().all(|line| line.trim().is_empty()) { text.trim_end().lines().collect() } else { own };
        Self { cause, ..Self::last(&lines) }
    }

    fn last(lines: &[&str]) -> Self {
        Self { lines: lines[lines.len().saturating_sub(LINES)..].join("\n"), cause: None }
    }

    /// The lines alone.
    #[must_use]
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// The line that says why a service failed. `None`: no service has written a line, or the log is another one.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The lines as the reason for a failure, or the words that the log is empty.
    pub(crate) fn reason(&self) -> &str {
        if self.lines.is_empty() { "its log is empty" } else { self.lines.trim_start_matches("error: ") }
    }
}

/// A service's line without its time and the service's name.
fn message(line: &str) -> &str {
    let service = line.split_once(' ').and_then(|(_, rest)| rest.strip_prefix('[')?.split_once(']'));
    service.map_or(line, |(_, message)| message.strip_prefix(' ').unwrap_or(message))
}

/// Returns true for a line that Pebble wrote about itself: a time, then its name in brackets.
fn is_pebbles(line: &str) -> bool {
    line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with("[pebble] "))
}

impl fmt::Display for LogTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            f.write_str("its log is empty")
        } else {
            write!(f, "its log ends with:\n{}", self.lines)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_applications_lines_are_shown_instead_of_pebbles_requests() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let request = "2026-01-01T00:00:00.000Z [pebble] GET /v1/services 60.1us 200\n";
        let crash = "2026-01-01T00:00:00.000Z [go] panic: no database\n2026-01-01T00:00:00.000Z [go] \n";
        std::fs::write(&log, crash.to_owned() + &request.repeat(50)).unwrap();
        assert_eq!(LogTail::of_services(&log).lines(), crash.trim_end_matches('\n'));
        std::fs::write(&log, request.repeat(2)).unwrap();
        assert_eq!(LogTail::of_services(&log).lines(), request.repeat(2).trim_end());
        assert_eq!(LogTail::of_services(dir.path()).lines(), "");
    }

    #[test]
    fn the_cause_is_the_line_that_says_why_though_many_follow_it() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let crash = "node:events:497\n      throw er; // Unhandled 'error' event\n      ^\n\n\
                     Error: listen EADDRNOTAVAIL: address not available 203.0.113.1:22\n\
                     \x20   at Server.setupListenHandle [as _listen2] (node:net:1886:21)\n\
                     Emitted 'error' event on Server instance at:\n    at emitErrorNT (node:net:1944:8) {\n\
                     \x20 code: 'EADDRNOTAVAIL'\n}\n\nNode.js v20.20.2\n";
        let crash: String =
            crash.lines().map(|line| format!("2026-01-01T00:00:00.000Z [expressjs] {line}\n")).collect();
        std::fs::write(&log, crash).unwrap();
        let cause = "Error: listen EADDRNOTAVAIL: address not available 203.0.113.1:22";
        assert_eq!(LogTail::of_services(&log).cause(), Some(cause));
        assert_eq!(LogTail::of_services(dir.path()).cause(), None);
    }

    #[test]
    fn an_empty_log_is_said_to_be_empty() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        for text in [None, Some(""), Some("\n \n")] {
            text.into_iter().for_each(|text| std::fs::write(&log, text).unwrap());
            let tail = LogTail::of(&log);
            assert_eq!(
                (tail.to_string().as_str(), tail.reason(), tail.lines()),
                ("its log is empty", "its log is empty", "")
            );
        }
        let lines: Vec<String> = (1..=20).map(|number| format!("error: {number}")).collect();
        std::fs::write(&log, lines.join("\n")).unwrap();
        let last = lines[5..].join("\n");
        assert_eq!(LogTail::of(&log).to_string(), format!("its log ends with:\n{last}"));
        assert!(LogTail::of(&log).reason().starts_with("6\nerror: 7\n"));
    }
}
