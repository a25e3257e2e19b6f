//! The state file: read at start, replaced atomically at every change.
//!
//! It is not synced: it must survive the daemon, not a power failure, which ends the services too. An empty file, which
//! some file systems leave after one, counts as missing.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{PATCH_LEVEL, PATCH_LEVEL_KEY, State};
use crate::clock::Time;

/// The file's name in the daemon's directory.
const NAME: &str = ".pebble.state";

/// Path of the state file; `None` keeps the state in memory only.
#[derive(Debug)]
pub(crate) struct File(Option<PathBuf>);

/// A state file that can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read the state file")]
    Read(#[source] io::Error),
    #[error("cannot read state")]
    Parse(#[source] serde_json::Error),
    /// Pebble's text.
    #[error("cannot downgrade: software version is too old for the current system state (patch level {0})")]
    TooNew(u64),
}

impl File {
    /// The file in that directory.
    pub(crate) fn within(directory: &Path) -> File {
        File(Some(directory.join(NAME)))
    }

    /// No file.
    pub(crate) fn nowhere() -> File {
        File(None)
    }

    /// Loads the state of an earlier daemon, or a new one if there is no file.
    ///
    /// # Errors
    /// The file can't be read or parsed.
    pub(crate) fn load(&self, now: Time) -> Result<State, Error> {
        let Some(path) = &self.0 else { return Ok(State::new(now)) };
        match fs::read(path) {
            Ok(text) if text.is_empty() => Ok(State::new(now)),
            Ok(text) => parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::new(now)),
            Err(error) => Err(Error::Read(error)),
        }
    }

    /// Replaces the file with this state.
    ///
    /// # Errors
    /// The file system's error; the old file is then unchanged.
    pub(crate) fn save(&self, state: &State) -> io::Result<()> {
        let Some(path) = &self.0 else { return Ok(()) };
        let draft = path.with_extension("state~");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        fs::rename(&draft, path)
    }
}

fn parse(text: &[u8]) -> Result<State, Error> {
    let state: State = serde_json::from_slice(text).map_err(Error::Parse)?;
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
