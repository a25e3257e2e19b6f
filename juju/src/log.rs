//! `tracing` → `juju-log`: the lines of one event, gathered and handed over in one call for each level.
//!
//! A `juju-log` call is a process, so the lines wait until the end; a level without lines makes no call.

mod level;

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub use level::LogLevel;
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::backend::Backend;
use crate::tool::Error;

/// The kernel takes 128 KiB in one argument; this leaves room.
const CHUNK: usize = 100 * 1024;

/// A `tracing` subscriber that keeps lines until [`Log::flush`]. Clones share their lines.
///
/// ```
/// let log = webcharm_juju::Log::new(tracing::Level::INFO);
/// tracing::subscriber::with_default(log.clone(), || {
///     tracing::info!(port = 8000, "listening");
///     tracing::debug!("not kept");
/// });
/// assert_eq!(log.lines(webcharm_juju::LogLevel::Info), ["listening port=8000"]);
/// ```
#[derive(Clone, Debug)]
pub struct Log {
    level: Level,
    lines: Arc<Mutex<BTreeMap<LogLevel, Vec<String>>>>,
}

impl Log {
    /// Keeps lines of this level and the more urgent ones.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Self { level, lines: Arc::default() }
    }

    /// Adds a line.
    pub fn push(&self, level: LogLevel, line: impl Into<String>) {
        self.locked(|lines| lines.entry(level).or_default().push(line.into()));
    }

    /// The lines kept of a level.
    #[must_use]
    pub fn lines(&self, level: LogLevel) -> Vec<String> {
        self.locked(|lines| lines.get(&level).cloned().unwrap_or_default())
    }

    /// Hands the lines over, the most urgent level last, in as few calls as their length allows, and forgets them.
    ///
    /// # Errors
    /// What the first failing call said; the lines are gone all the same.
    pub fn flush(&self, backend: &dyn Backend) -> Result<(), Error> {
        let lines = self.locked(std::mem::take);
        for (level, lines) in lines {
            for chunk in chunks(&lines.join("\n")) {
                backend.juju_log(level, chunk)?;
            }
        }
        Ok(())
    }

    /// A panic elsewhere does not make the lines worth less.
    fn locked<T>(&self, work: impl FnOnce(&mut BTreeMap<LogLevel, Vec<String>>) -> T) -> T {
        work(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Cuts text into pieces one argument can carry, at line ends where there are any.
fn chunks(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while text.len() > CHUNK {
        let limit = text.floor_char_boundary(CHUNK);
        let (head, tail) = match text[..limit].rfind('\n') {
            Some(end) if end > 0 => (&text[..end], &text[end + 1..]),
            _ => text.split_at(limit),
        };
        pieces.push(head);
        text = tail;
    }
    if !text.is_empty() {
        pieces.push(text);
    }
    pieces
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.level.into())
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.push(juju_level(*event.metadata().level()), line.message + &line.fields);
    }

    // The event and the unit of the one span there is are in Juju's own line already.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

const fn juju_level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warning,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// One event as text: the message, then the fields.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String can't fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            let _ = write!(self.fields, " {}={value:?}", field.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;

    #[derive(Default)]
    struct Recorder(RefCell<Vec<(LogLevel, String)>>);

    impl Backend for Recorder {
        fn juju_log(&self, level: LogLevel, message: &str) -> Result<(), Error> {
            self.0.borrow_mut().push((level, message.to_owned()));
            Ok(())
        }
    }

    #[test]
    fn one_call_for_each_level_and_none_for_nothing() {
        let log = Log::new(Level::INFO);
        let recorder = Recorder::default();
        log.flush(&recorder).expect("nothing to fail");
        assert_eq!(recorder.0.borrow().len(), 0);

        tracing::subscriber::with_default(log.clone(), || {
            tracing::info!("one");
            tracing::error!(code = 7, "two");
            tracing::info!(name = "x y", "three {}", 3);
            tracing::debug!("four");
        });
        log.flush(&recorder).expect("nothing to fail");
        log.flush(&recorder).expect("nothing to fail");
        let want =
            [(LogLevel::Info, "one\nthree 3 name=\"x y\"".to_owned()), (LogLevel::Error, "two code=7".to_owned())];
        assert_eq!(*recorder.0.borrow(), want);
    }

    #[test]
    fn each_level_is_jujus_of_that_name_and_the_least_urgent_comes_first() {
        let log = Log::new(Level::TRACE);
        tracing::subscriber::with_default(log.clone(), || {
            tracing::error!("an error");
            tracing::warn!("a warning");
            tracing::info!("an info");
            tracing::debug!("a debug");
            tracing::trace!("a trace");
        });
        let recorder = Recorder::default();
        log.flush(&recorder).expect("nothing to fail");
        let seen = recorder.0.take().into_iter().map(|(level, text)| format!("{} {text}", level.as_str()));
        let want = ["TRACE a trace", "DEBUG a debug", "INFO an info", "WARNING a warning", "ERROR an error"];
        assert_eq!(seen.collect::<Vec<_>>(), want);
    }

    #[test]
    fn long_messages_are_cut_at_line_ends() {
        let line = "é".repeat(30 * 1024);
        let text = [line.as_str(), &line, &line].join("\n");
        assert_eq!(chunks(&text), [line.as_str(), &line, &line]);
        assert!(chunks(&"é".repeat(CHUNK)).iter().all(|piece| piece.len() <= CHUNK));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_in_pieces(line in "[aé\n]{0,50}", times in 0usize..8000) {
            let text = line.repeat(times);
            let pieces = chunks(&text);
            prop_assert!(pieces.iter().all(|piece| piece.len() <= CHUNK));
            let letters = |text: &str| text.chars().filter(|c| *c != '\n').count();
            prop_assert_eq!(pieces.iter().map(|piece| letters(piece)).sum::<usize>(), letters(&text));
        }
    }
}
