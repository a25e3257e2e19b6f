//! Readers of services' output: merged by time, past lines or followed.

use super::{Line, LineEnd, Log};
use crate::clock::Time;

/// Bytes of the longest entry: Pebble splits longer lines. Its prefix counts for the first entry.
pub(super) const LONGEST_ENTRY: usize = 4096;

/// A position in one service's output.
#[derive(Debug)]
pub(crate) struct Reader {
    log: Log,
    /// Number of the next piece, counted from the service's first.
    line: u64,
    /// Bytes of that piece that have been read.
    offset: usize,
}

/// A line of output, or the part of it that was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) time: Time,
    pub(crate) service: String,
    pub(crate) message: String,
}

impl Reader {
    /// A reader that starts `lines` lines before the end, or with the oldest line.
    pub(crate) fn new(log: &Log, lines: Option<usize>) -> Reader {
        let ring = log.ring.borrow();
        let skip = lines.map_or(0, |lines| ring.lines.len().saturating_sub(lines));
        let mut reader = Reader { log: log.clone(), line: ring.dropped + skip as u64, offset: 0 };
        if let (Some(0), Some(line)) = (lines, ring.lines.back().filter(|line| line.end == LineEnd::Open)) {
            // No past lines, but the rest of an unfinished one.
            (reader.line, reader.offset) = (reader.line - 1, line.text.len());
        }
        reader
    }

    /// Time of the next entry; `None` if there is none yet.
    fn time(&mut self) -> Option<Time> {
        self.peek(|line, _| line.time)
    }

    fn next(&mut self) -> Option<Entry> {
        let service = self.log.service().to_owned();
        let prefix = self.log.prefix();
        let (entry, read, is_over) = self.peek(|line, offset| {
            let longest =
                if line.begins && offset == 0 { LONGEST_ENTRY - prefix.min(LONGEST_ENTRY - 1) } else { LONGEST_ENTRY };
            let end = line.text.len().min(offset + longest);
            let message = String::from_utf8_lossy(&line.text[offset..end]).into_owned();
            let is_over = end == line.text.len() && line.end != LineEnd::Open;
            (Entry { time: line.time, service, message }, end, is_over)
        })?;
        (self.line, self.offset) = if is_over { (self.line + 1, 0) } else { (self.line, read) };
        Some(entry)
    }

    /// Calls `look` with the next piece, skipping dropped pieces and ends without text.
    fn peek<T>(&mut self, look: impl FnOnce(&Line, usize) -> T) -> Option<T> {
        let ring = self.log.ring.borrow();
        if self.line < ring.dropped {
            (self.line, self.offset) = (ring.dropped, 0);
        }
        loop {
            let line = ring.lines.get(usize::try_from(self.line - ring.dropped).ok()?)?;
            let is_empty_line = line.begins && line.end == LineEnd::Line && self.offset == 0;
            if line.text.len() > self.offset || is_empty_line {
                return Some(look(line, self.offset));
            }
            if line.end == LineEnd::Open {
                return None;
            }
            (self.line, self.offset) = (self.line + 1, 0);
        }
    }
}

/// The oldest unread entry of all readers, if it is not from after `until`; entries of the same moment in the readers'
/// order.
pub(crate) fn earliest<'a>(readers: impl IntoIterator<Item = &'a mut Reader>, until: Option<Time>) -> Option<Entry> {
    let timed = readers.into_iter().filter_map(|reader| Some((reader.time()?, reader)));
    let (time, reader) = timed.min_by_key(|(time, _)| *time)?;
    if until.is_some_and(|until| time > until) {
        return None;
    }
    reader.next()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::watch;

    use super::*;

    fn at(second: u64) -> Time {
        Time::parse("2026-01-01T00:00:00Z").unwrap().plus(Duration::from_secs(second))
    }

    fn log(service: &str) -> Log {
        Log::new(service, watch::Sender::new(()))
    }

    fn all(readers: &mut [Reader]) -> Vec<String> {
        std::iter::from_fn(|| earliest(&mut *readers, None))
            .map(|entry| format!("{}:{}", entry.service, entry.message))
            .collect()
    }

    #[test]
    fn merges_by_time() {
        let (a, b) = (log("a"), log("b"));
        a.write(b"1\n3\n", at(1));
        b.write(b"2\n", at(0));
        b.write(b"4\n\n", at(2));
        let mut readers = [Reader::new(&a, None), Reader::new(&b, None)];
        assert_eq!(all(&mut readers), ["b:2", "a:1", "a:3", "b:4", "b:"]);
    }

    #[test]
    fn leaves_what_is_later() {
        let log = log("a");
        log.write(b"1\n", at(1));
        log.write(b"2\n", at(2));
        let mut readers = [Reader::new(&log, None)];
        assert_eq!(earliest(&mut readers, Some(at(0))), None);
        assert_eq!(earliest(&mut readers, Some(at(1))).unwrap().message, "1");
        assert_eq!(earliest(&mut readers, Some(at(1))), None);
        assert_eq!(all(&mut readers), ["a:2"]);
    }

    #[test]
    fn goes_back_as_far_as_asked() {
        let log = log("a");
        log.write(b"1\n2\n3\n", at(0));
        assert_eq!(all(&mut [Reader::new(&log, Some(2))]), ["a:2", "a:3"]);
        assert_eq!(all(&mut [Reader::new(&log, Some(9))]), ["a:1", "a:2", "a:3"]);
        assert_eq!(all(&mut [Reader::new(&log, Some(0))]), [""; 0]);
    }

    #[test]
    fn follows_a_line_as_it_grows() {
        let log = log("a");
        log.write(b"pass", at(0));
        let mut readers = [Reader::new(&log, None), Reader::new(&log, Some(0))];
        assert_eq!(all(&mut readers), ["a:pass"]);
        log.write(b"word: ", at(1));
        assert_eq!(all(&mut readers[1..]), ["a:word: "]);
        log.write(b"\nnext\n", at(2));
        assert_eq!(all(&mut readers[1..]), ["a:next"]);
    }

    #[test]
    fn long_lines_come_in_pebbles_pieces() {
        let log = log("long");
        log.write(&[b'x'; 10_000], at(0));
        log.write(b"\n", at(0));
        let mut readers = [Reader::new(&log, None)];
        let lengths: Vec<usize> = all(&mut readers).iter().map(|entry| entry.len() - "long:".len()).collect();
        assert_eq!(lengths, [4064, 4096, 1840]);
    }

    #[test]
    fn passes_over_what_was_dropped() {
        let log = log("a");
        log.write(b"first\n", at(0));
        let mut reader = [Reader::new(&log, None)];
        for _ in 0..200 {
            log.write(&[b"x".repeat(1000), b"\n".to_vec()].concat(), at(1));
        }
        assert!(all(&mut reader).len() < 200);
    }
}
