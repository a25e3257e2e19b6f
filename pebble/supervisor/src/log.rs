//! Output of services: the last lines of each, up to a limit in bytes, to be listed or followed.
//!
//! A line is stored as it grows, so that a prompt without a line's end can be read too. The oldest pieces are dropped
//! first.

pub(crate) mod reader;
pub(crate) mod verbose;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::watch;

use crate::clock::Time;

/// Bytes of output kept of each service, counted as Pebble does: with time and name before each line.
const MAX_BYTES: usize = 100 * 1024;
/// Lines of a service's output in the log of a failed start.
const LAST_LINES: usize = 20;
/// Bytes of a piece, with the prefix of the line that it begins: longer lines are split, so that an endless line can be
/// dropped piece by piece. A multiple of the longest entry for clients, who get the same entries of a longer line.
const MAX_PIECE: usize = 16 * 1024;

/// One line of output, or a piece of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    time: Time,
    text: Vec<u8>,
    /// True for the first piece of a line.
    begins: bool,
    end: LineEnd,
}

/// End of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    /// The piece may still grow.
    Open,
    /// The line continues in the next piece.
    Cut,
    /// The line ends here.
    Line,
}

impl Line {
    /// Bytes that it may still grow by.
    fn room(&self, prefix: usize) -> usize {
        let most = if self.begins { MAX_PIECE - prefix.min(reader::LONGEST_ENTRY - 1) } else { MAX_PIECE };
        most.saturating_sub(self.text.len())
    }
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
    /// Number of pieces dropped so far.
    dropped: u64,
    bytes: usize,
}

impl Log {
    /// An empty log. Writes notify the receivers of `grown`, which several logs may share.
    pub(crate) fn new(service: &str, grown: watch::Sender<()>) -> Log {
        Log { service: service.into(), ring: Rc::default(), grown }
    }

    /// Name of the service.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    /// Adds output that was read at `now`. Returns it in the format of `--verbose`.
    pub(crate) fn write(&self, output: &[u8], now: Time) -> Vec<u8> {
        let mut printed = Vec::with_capacity(output.len() + 64);
        let head = format!("{} [{}] ", now.millis(), self.service).into_bytes();
        let now = now.whole_millis();
        let mut ring = self.ring.borrow_mut();
        for piece in output.split_inclusive(|byte| *byte == b'\n') {
            if ring.is_at_start() {
                printed.extend(&head);
            }
            printed.extend(piece);
            ring.add(piece, now, self.prefix());
        }
        ring.shrink(self.prefix());
        drop(ring);
        self.grown.send_replace(());
        printed
    }

    /// Bytes that Pebble has before each line: time, name, brackets, blanks.
    fn prefix(&self) -> usize {
        "2026-01-01T00:00:00.000Z [] ".len() + self.service.len()
    }

    /// The last lines, indented as in a task's log; one empty line if there was no output.
    pub(crate) fn last_lines(&self) -> String {
        let ring = self.ring.borrow();
        let mut begun = 0;
        let skip = ring.lines.iter().rposition(|line| {
            begun += usize::from(line.begins);
            begun > LAST_LINES
        });
        let mut text = if skip.is_some() { b"(...)\n    ".to_vec() } else { Vec::new() };
        for line in ring.lines.iter().skip(skip.map_or(0, |skip| skip + 1)) {
            text.extend(&line.text);
            text.extend(if line.end == LineEnd::Line { &b"\n    "[..] } else { b"" });
        }
        format!("    {}", String::from_utf8_lossy(&text).trim_end())
    }
}

impl Ring {
    fn is_at_start(&self) -> bool {
        self.lines.back().is_none_or(|line| line.end == LineEnd::Line)
    }

    fn add(&mut self, piece: &[u8], now: Time, prefix: usize) {
        let (mut text, end) = match piece.strip_suffix(b"\n") {
            Some(text) => (text, LineEnd::Line),
            None => (piece, LineEnd::Open),
        };
        let (mut time, mut begins) = (now, true);
        if let Some(line) = self.lines.back_mut().filter(|line| line.end == LineEnd::Open) {
            let (fits, rest) = text.split_at(line.room(prefix).min(text.len()));
            line.text.extend(fits);
            self.bytes += fits.len();
            line.end = if rest.is_empty() { end } else { LineEnd::Cut };
            if rest.is_empty() {
                return;
            }
            (text, time, begins) = (rest, line.time, false);
        }
        loop {
            let mut line = Line { time, text: Vec::new(), begins, end };
            let (fits, rest) = text.split_at(line.room(prefix).min(text.len()));
            line.text.extend(fits);
            self.bytes += fits.len() + prefix;
            line.end = if rest.is_empty() { end } else { LineEnd::Cut };
            self.lines.push_back(line);
            if rest.is_empty() {
                return;
            }
            (text, begins) = (rest, false);
        }
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
    fn a_line_without_end_is_dropped_bit_by_bit() {
        let log = log();
        let printed: usize = (0..100).map(|_| log.write(&[b'x'; 4096], now()).len()).sum();
        assert_eq!(printed, 100 * 4096 + log.prefix(), "its beginning is printed once");
        assert!(log.ring.borrow().bytes <= MAX_BYTES);
    }

    #[test]
    fn a_long_lines_pieces_are_one_line_to_a_task() {
        let log = log();
        log.write(&[b'x'; 20_000], now());
        log.write(&[b'x'; 20_000], now());
        log.write(b"\nend\n", now());
        assert_eq!(log.last_lines(), format!("    {}\n    end", "x".repeat(40_000)));
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
