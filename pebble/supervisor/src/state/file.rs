//! The state file, in Pebble's form, and beside it a log of what changed since it was written.
//!
//! A save appends the changed parts to the log, as one line, so its cost does not grow with the state. When the log is
//! longer than the state, and at the daemon's end, the state file is replaced and the log begins anew. The log's first line
//! has the inode of the state file that it belongs to: after a kill between the two steps the old log counts for nothing.
//!
//! Neither is synced: they must survive the daemon, not a power failure, which ends the services too. An empty file, which
//! some file systems leave after one, counts as missing.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::{PATCH_LEVEL, PATCH_LEVEL_KEY, State};
use crate::clock::Time;
use crate::go_json;

/// The file's name in the daemon's directory.
const NAME: &str = ".pebble.state";

/// The log's name beside the state file, and its length from which on the whole state may be written.
const LOG: &str = ".pebble.state.log";
const SHORT_LOG: u64 = 64 * 1024;

/// The state file and its log; without a path the state is in memory only.
#[derive(Debug)]
pub(crate) struct File {
    path: Option<PathBuf>,
    log: RefCell<Option<Log>>,
}

/// The log of the state file that was written last.
#[derive(Debug)]
struct Log {
    file: fs::File,
    length: u64,
    /// Length of the state file.
    base: u64,
}

/// A state file that can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read the state file")]
    Read(#[source] io::Error),
    /// Go's text, if it is no JSON.
    #[error("cannot read state: {0}")]
    Parse(String),
    /// Pebble's text.
    #[error("cannot downgrade: software version is too old for the current system state (patch level {0})")]
    TooNew(u64),
}

impl File {
    /// The file in that directory.
    pub(crate) fn within(directory: &Path) -> File {
        File { path: Some(directory.join(NAME)), log: RefCell::default() }
    }

    /// No file.
    pub(crate) fn nowhere() -> File {
        File { path: None, log: RefCell::default() }
    }

    /// Loads the state of an earlier daemon, or a new one if there is no file.
    ///
    /// # Errors
    /// The file can't be read or parsed.
    pub(crate) fn load(&self, now: Time) -> Result<State, Error> {
        let Some(path) = &self.path else { return Ok(State::new(now)) };
        match fs::read(path) {
            Ok(text) if text.is_empty() => Ok(State::new(now)),
            Ok(text) => {
                let mut state = parse(&text)?;
                replay(path, &mut state);
                state.complete().map_err(|error| Error::Parse(error.to_string()))?;
                // The first save begins a new log.
                state.save_whole();
                Ok(state)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::new(now)),
            Err(error) => Err(Error::Read(error)),
        }
    }

    /// Saves what changed in this state.
    ///
    /// # Errors
    /// The file system's error; the state that was saved before is then unchanged.
    pub(crate) fn save(&self, state: &State) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut log = self.log.borrow_mut();
        if let (Some(open), Some(delta)) = (log.as_mut().filter(|log| !log.is_long()), state.delta()) {
            return open.append(&delta);
        }
        *log = None;
        *log = Some(replace(path, state)?);
        Ok(())
    }
}

impl Log {
    fn is_long(&self) -> bool {
        self.length > SHORT_LOG.max(self.base)
    }

    fn append(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.length += text.len() as u64;
        Ok(())
    }
}

/// Replaces the state file, and begins its log.
fn replace(path: &Path, state: &State) -> io::Result<Log> {
    let create = |path: &Path| fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let draft = path.with_extension("state~");
    let text = serde_json::to_vec(state)?;
    create(&draft)?.write_all(&text)?;
    let inode = fs::metadata(&draft)?.ino();
    fs::rename(&draft, path)?;
    let mut log = Log { file: create(&path.with_file_name(LOG))?, length: 0, base: text.len() as u64 };
    log.append(&inode)?;
    Ok(log)
}

/// Applies the log to the state that it belongs to. A line that broke off is the last.
fn replay(path: &Path, state: &mut State) {
    let log = fs::read(path.with_file_name(LOG)).unwrap_or_default();
    let mut lines = log.split(|byte| *byte == b'\n');
    let inode = fs::metadata(path).map(|metadata| metadata.ino()).ok();
    let of = lines.next().and_then(|line| serde_json::from_slice::<u64>(line).ok());
    if of.is_none() || of != inode {
        return;
    }
    lines.map_while(|line| serde_json::from_slice(line).ok()).for_each(|delta| state.apply(delta));
}

fn parse(text: &[u8]) -> Result<State, Error> {
    if text.trim_ascii_start().starts_with(b"[") && go_json::syntax_error(text).is_none() {
        let why = "json: cannot unmarshal array into Go value of type state.marshalledState";
        return Err(Error::Parse(why.to_owned()));
    }
    let state: State = serde_json::from_slice(text)
        .map_err(|error| Error::Parse(go_json::syntax_error(text).unwrap_or_else(|| error.to_string())))?;
    match state.data.get(PATCH_LEVEL_KEY).and_then(Value::as_u64) {
        Some(level) if level > PATCH_LEVEL => Err(Error::TooNew(level)),
        _ => Ok(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded() {
        let directory = tempfile::tempdir().unwrap();
        let file = File::within(directory.path());
        let mut state = file.load(Time::now()).unwrap();
        let task = state.new_task("exec", "Execute".to_owned(), Time::now());
        state.new_change("exec", "Execute".to_owned(), &[task], Time::now());
        file.save(&state).unwrap();
        let again = file.load(Time::now()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&state).unwrap());
    }

    #[test]
    fn a_save_appends_what_changed_and_a_load_finds_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(Time::now());
        let file = File::within(directory.path());
        let length = |name: &str| fs::metadata(directory.path().join(name)).unwrap().len();
        let mut appended = Vec::new();
        for round in 0..400 {
            let task = state.new_task("exec", format!("Execute {round}"), Time::now());
            state.new_change("exec", "Execute".to_owned(), &[task], Time::now());
            let before = length_or_zero(directory.path());
            file.save(&state).unwrap();
            state.saved();
            appended.push(length(LOG).saturating_sub(before));
        }
        let longest = appended.iter().max().unwrap();
        assert!(*longest < 2048, "a save appends {longest} bytes");
        let again = File::within(directory.path()).load(Time::now()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&state).unwrap());
    }

    fn length_or_zero(directory: &Path) -> u64 {
        fs::metadata(directory.join(LOG)).map_or(0, |metadata| metadata.len())
    }

    #[test]
    fn a_log_that_broke_off_or_belongs_to_another_state_does_no_harm() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(Time::now());
        let file = File::within(directory.path());
        file.save(&state).unwrap();
        state.saved();
        state.new_task("exec", "kept".to_owned(), Time::now());
        file.save(&state).unwrap();
        let log = directory.path().join(LOG);
        let text = fs::read(&log).unwrap();
        fs::write(&log, [text.as_slice(), b"{\"data\":"].concat()).unwrap();
        let tasks = |state: State| serde_json::to_value(&state).unwrap()["tasks"].as_object().unwrap().len();
        assert_eq!(tasks(file.load(Time::now()).unwrap()), 1);
        fs::write(&log, text.splitn(2, |byte| *byte == b'\n').last().unwrap()).unwrap();
        assert_eq!(tasks(file.load(Time::now()).unwrap()), 0);
    }

    #[test]
    fn an_empty_file_is_none_and_a_broken_one_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = File::within(directory.path());
        fs::write(directory.path().join(NAME), "").unwrap();
        assert!(file.load(Time::now()).is_ok());
        for broken in ["{", "garbage", "\0\0\0\0", r#"{"changes":{"1":{}}}"#, r#"{"last-change-id":"x"}"#] {
            fs::write(directory.path().join(NAME), broken).unwrap();
            assert!(matches!(file.load(Time::now()), Err(Error::Parse(_))), "{broken}");
        }
    }

    #[test]
    fn a_state_may_lack_anything_but_not_be_of_a_later_form() {
        for text in ["{}", r#"{"data":{"patch-level":2},"changes":null,"tasks":null,"last-change-id":1}"#] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
        let error = parse(br#"{"data":{"patch-level":99}}"#).unwrap_err();
        assert!(matches!(error, Error::TooNew(99)));
    }

    #[test]
    fn reads_what_pebble_wrote() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(NAME), include_str!("../../tests/fixtures/pebble.state")).unwrap();
        let state = File::within(directory.path()).load(Time::now()).unwrap();
        let change = state.changes().last().unwrap();
        assert_eq!(state.info(change).status, "Error");
        assert!(state.error(change).unwrap().contains("exited quickly with code 3"));
    }
}
