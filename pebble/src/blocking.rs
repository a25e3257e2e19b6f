//! The client for synchronous programs: a charm has one per container.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::plan::{Layer, Plan};
use crate::types::{
    Change, ChangeId, ChangeSelect, CheckInfo, ExecOptions, ExecOutput, FileInfo, HealthLevel, LogEntry, MakeDir,
    Notice, NoticesFilter, Notify, ServiceInfo, SystemInfo, WriteFile,
};
use crate::{Error, Limits};

/// A client of the Pebble behind one socket, usable without a runtime of one's own.
#[derive(Debug)]
pub struct Client {
    socket: PathBuf,
    limits: Limits,
}

fn later<T>() -> Result<T, Error> {
    Err(Error::Connect { socket: PathBuf::new(), source: std::io::ErrorKind::Unsupported.into() })
}

#[allow(unused_variables, clippy::needless_pass_by_value, reason = "published before its bodies")]
impl Client {
    /// A client of the Pebble at `socket`. Nothing is read, opened or checked yet.
    pub fn new(socket: impl Into<PathBuf>) -> Client {
        Client { socket: socket.into(), limits: Limits::default() }
    }

    /// The same with other bounds.
    pub fn with_limits(self, limits: Limits) -> Client {
        Client { limits, ..self }
    }

    /// How many HTTP requests this client has made so far, websocket handshakes included.
    pub fn requests(&self) -> u64 {
        0
    }

    /// Who answers.
    pub fn system_info(&self) -> Result<SystemInfo, Error> {
        later()
    }

    /// Whether the checks of that level, or of those with these names, are all up.
    pub fn health(&self, level: HealthLevel, names: &[&str]) -> Result<bool, Error> {
        later()
    }

    /// The plan in force: all layers merged.
    pub fn plan(&self) -> Result<Plan, Error> {
        later()
    }

    /// Adds a layer on top or, with `combine`, merges it into the one of that label.
    pub fn add_layer(&self, label: &str, layer: &Layer, combine: bool) -> Result<(), Error> {
        later()
    }

    /// The services of these names that exist; all if there are no names.
    pub fn services(&self, names: &[&str]) -> Result<Vec<ServiceInfo>, Error> {
        later()
    }

    /// Starts services and those they require, and waits for it.
    pub fn start(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        later()
    }

    /// Stops services and those that require them, and waits for it.
    pub fn stop(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        later()
    }

    /// Stops and starts services, and waits for it.
    pub fn restart(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        later()
    }

    /// Starts all services of startup `enabled`, and waits for it.
    pub fn autostart(&self, timeout: Duration) -> Result<Change, Error> {
        later()
    }

    /// Restarts what runs with an outdated configuration, starts what should run, and waits for it.
    pub fn replan(&self, timeout: Duration) -> Result<Change, Error> {
        later()
    }

    /// Changes, of one service or of all.
    pub fn changes(&self, select: ChangeSelect, service: Option<&str>) -> Result<Vec<Change>, Error> {
        later()
    }

    /// One change as it stands.
    pub fn change(&self, id: &ChangeId) -> Result<Change, Error> {
        later()
    }

    /// Waits for a change to be over; [`Error::Change`] if it failed.
    pub fn wait_change(&self, id: &ChangeId, timeout: Duration) -> Result<Change, Error> {
        later()
    }

    /// Asks for a change to be undone or given up.
    pub fn abort_change(&self, id: &ChangeId) -> Result<Change, Error> {
        later()
    }

    /// Sends a signal, by its name (`SIGHUP`), to running services.
    pub fn signal(&self, signal: &str, services: &[&str]) -> Result<(), Error> {
        later()
    }

    /// The checks of that level, or of those with these names.
    pub fn checks(&self, level: HealthLevel, names: &[&str]) -> Result<Vec<CheckInfo>, Error> {
        later()
    }

    /// The notices that the filter lets through, oldest telling first.
    pub fn notices(&self, filter: &NoticesFilter) -> Result<Vec<Notice>, Error> {
        later()
    }

    /// Records a custom notice; its id.
    pub fn notify(&self, notice: &Notify) -> Result<String, Error> {
        later()
    }

    /// The last `n` lines that these services, or all, printed together.
    pub fn logs(&self, services: &[&str], n: u32) -> Result<Vec<LogEntry>, Error> {
        later()
    }

    /// The contents of a file of at most `limit` bytes.
    pub fn read_file(&self, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        later()
    }

    /// Streams a file's contents into `target`; how many bytes.
    pub fn read_file_to(&self, path: &str, target: &mut impl Write) -> Result<u64, Error> {
        later()
    }

    /// The entries of a directory, those that match `pattern`; of a file, or with `itself` of a directory, its own.
    pub fn list_files(&self, path: &str, pattern: Option<&str>, itself: bool) -> Result<Vec<FileInfo>, Error> {
        later()
    }

    /// Streams `content` into a file, which takes its place whole or not at all.
    pub fn write_file(&self, path: &str, content: impl Read, options: &WriteFile) -> Result<(), Error> {
        later()
    }

    /// Makes a directory.
    pub fn make_dir(&self, path: &str, options: &MakeDir) -> Result<(), Error> {
        later()
    }

    /// Removes a file or directory; `recursive` takes all a directory holds and doesn't mind a missing path.
    pub fn remove(&self, path: &str, recursive: bool) -> Result<(), Error> {
        later()
    }

    /// Runs a command to its end. An exit code other than zero is no error.
    pub fn exec(&self, options: &ExecOptions) -> Result<ExecOutput, Error> {
        later()
    }
}
