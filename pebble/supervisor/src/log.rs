//! What services print: kept per service up to a limit, line by line, for whoever asks later or follows along.
//!
//! A line is kept as it grows, so that a prompt without a line's end can be read too. What is dropped is dropped from the
//! front, whole lines at a time.

pub(crate) mod reader;
pub(crate) mod verbose;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::watch;

use crate::clock::Time;

/// How many bytes of output are kept of each service, as Pebble counts them: with time and name before each line.
const MAX_BYTES: usize = 100 * 1024;
/// How many of a service's last lines a failed start tells.
const LAST_LINES: usize = 20;
/// A longer line is cut, so that one without end can't fill all that is kept.
const MAX_LINE: usize = 16 * 1024;

/// One line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    time: Time,
    text: Vec<u8>,
    /// Whether its end has come; more may be added if not.
    ended: bool,
}

/// The output of one service. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    service: Rc<str>,
    ring: Rc<RefCell<Ring>>,
    grown: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Ring {
    lines: VecDeque<Line>,
    /// How many lines were dropped from the front.
    dropped: u64,
    bytes: usize,
}

impl Log {
    /// An empty log; all that share `grown` are told when any of them grows.
    pub(crate) fn new(service: &str, grown: watch::Sender<()>) -> Log {
        Log { service: service.into(), ring: Rc::default(), grown }
    }

    /// Whose output it is.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    /// Adds what was read from the service at that time. Answers it as it is printed with `--verbose`.
    pub(crate) fn write(&self, output: &[u8], now: Time) -> Vec<u8> {
        let mut printed = Vec::with_capacity(output.len() + 64);
        let mut ring = self.ring.borrow_mut();
        for piece in output.split_inclusive(|byte| *byte == b'\n') {
            if ring.is_at_start() {
                printed.extend(format!("{} [{}] ", now.millis(), self.service).into_bytes());
            }
            printed.extend(piece);
            ring.add(piece, now.whole_millis(), self.prefix());
        }
        ring.shrink(self.prefix());
        drop(ring);
        self.grown.send_replace(());
        printed
    }

    /// What Pebble counts for each line besides its text: time, name, brackets, blanks, line's end.
    fn prefix(&self) -> usize {
        "2026-01-01T00:00:00.000Z [] \n".len() + self.service.len()
    }

    /// The last lines, indented as a task's log tells them; an empty one if there was no output.
    pub(crate) fn last_lines(&self) -> String {
        let ring = self.ring.borrow();
        let skip = ring.lines.len().saturating_sub(LAST_LINES);
        let shown = ring.lines.iter().skip(skip).map(|line| String::from_utf8_lossy(&line.text).into_owned());
        let cut = (skip > 0).then(|| "(...)".to_owned());
        let lines: Vec<String> = cut.into_iter().chain(shown).collect();
        format!("    {}", lines.join("\n    ").trim_end())
    }
}

impl Ring {
    fn is_at_start(&self) -> bool {
        self.lines.back().is_none_or(|line| line.ended)
    }

    fn add(&mut self, piece: &[u8], now: Time, prefix: usize) {
        let (text, ended) = match piece.strip_suffix(b"\n") {
            Some(text) => (text, true),
            None => (piece, false),
        };
        let time = match self.lines.back_mut() {
            Some(line) if !line.ended && line.text.len() + text.len() <= MAX_LINE => {
                line.text.extend(text);
                line.ended = ended;
                self.bytes += text.len();
                return;
            }
            Some(line) if !line.ended => {
                line.ended = true;
                line.time
            }
            _ => now,
        };
        self.bytes += text.len() + prefix;
        self.lines.push_back(Line { time, text: text.to_vec(), ended });
    }

    fn shrink(&mut self, prefix: usize) {
        while self.bytes > MAX_BYTES && self.lines.len() > 1 {
            if let Some(line) = self.lines.pop_front() {
                self.bytes -= line.text.len() + prefix;
                self.dropped += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time::parse("2026-01-02T03:04:05.6789Z").unwrap()
    }

    fn log() -> Log {
        Log::new("web", watch::Sender::new(()))
    }

    #[test]
    fn prints_time_and_name_once_a_line() {
        let log = log();
        assert_eq!(log.write(b"a\nb", now()), b"2026-01-02T03:04:05.678Z [web] a\n2026-01-02T03:04:05.678Z [web] b");
        assert_eq!(log.write(b"c\n", now()), b"c\n");
        assert_eq!(log.last_lines(), "    a\n    bc");
    }

    #[test]
    fn keeps_no_more_than_its_limit() {
        let log = log();
        for number in 0..10_000 {
            log.write(format!("line {number}\n").as_bytes(), now());
        }
        let ring = log.ring.borrow();
        assert!(ring.bytes <= MAX_BYTES && ring.bytes > MAX_BYTES - 100);
        assert_eq!(ring.dropped + ring.lines.len() as u64, 10_000);
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let log = log();
        for _ in 0..100 {
            log.write(&[b'x'; 4096], now());
        }
        assert!(log.ring.borrow().bytes <= MAX_BYTES);
    }

    #[test]
    fn tells_the_last_twenty_lines() {
        let log = log();
        assert_eq!(log.last_lines(), "    ");
        for number in 0..25 {
            log.write(format!("{number}\n").as_bytes(), now());
        }
        let lines = log.last_lines();
        assert_eq!(lines.lines().count(), 21);
        assert!(lines.starts_with("    (...)\n    5\n") && lines.ends_with("    24"));
    }
}
