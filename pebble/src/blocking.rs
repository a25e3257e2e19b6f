//! Client for synchronous programs. A charm has one per container.
//!
//! Each call runs the asynchronous client on a runtime on the caller's thread; between calls the runtime is idle. A
//! call from within another runtime panics, as runtimes do not nest.

use std::fmt;
use std::future::Future;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};

use crate::client;
use crate::connect::UnixConnect;
use crate::plan::{Layer, Plan};
use crate::types::{
    Change, ChangeId, ChangeSelect, CheckInfo, ExecOptions, ExecOutput, FileInfo, HealthLevel, LogEntry, MakeDir,
    Notice, NoticesFilter, Notify, ServiceInfo, SystemInfo, WriteFile,
};
use crate::{Error, Limits};

/// A client of the Pebble at one socket, with a runtime of its own.
///
/// ```no_run
/// # fn main() -> Result<(), webcharm_pebble::Error> {
/// let pebble = webcharm_pebble::blocking::Client::new("/charm/containers/app/pebble.socket");
/// if !pebble.services(&["web"])?.iter().any(|service| service.is_running()) {
///     pebble.replan(std::time::Duration::from_secs(30))?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct Client {
    socket: PathBuf,
    client: client::Client,
    /// Created at the first call, so that [`Client::new`] can't fail.
    runtime: OnceLock<Runtime>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("socket", &self.socket).field("requests", &self.requests()).finish()
    }
}

impl Client {
    /// A client of the Pebble at `socket`. The first call opens it.
    pub fn new(socket: impl Into<PathBuf>) -> Client {
        Client::with_limits(socket, Limits::default())
    }

    /// A client with other limits.
    pub fn with_limits(socket: impl Into<PathBuf>, limits: Limits) -> Client {
        let socket = socket.into();
        let client = client::Client::new(UnixConnect::new(&socket), limits);
        Client { socket, client, runtime: OnceLock::new() }
    }

    /// Number of HTTP requests so far, websocket handshakes included.
    pub fn requests(&self) -> u64 {
        self.client.requests()
    }

    /// The daemon's version, addresses and boot id.
    pub fn system_info(&self) -> Result<SystemInfo, Error> {
        self.run(self.client.system_info())
    }

    /// True if all checks of this level and with these names are up.
    pub fn health(&self, level: HealthLevel, names: &[&str]) -> Result<bool, Error> {
        self.run(self.client.health(level, names))
    }

    /// The plan in force: all layers merged.
    pub fn plan(&self) -> Result<Plan, Error> {
        self.run(self.client.plan())
    }

    /// Adds a layer on top or, with `combine`, merges it into the layer with this label.
    pub fn add_layer(&self, label: &str, layer: &Layer, combine: bool) -> Result<(), Error> {
        self.run(self.client.add_layer(label, layer, combine))
    }

    /// Status of the services with these names, as far as they exist; of all services if there are no names.
    pub fn services(&self, names: &[&str]) -> Result<Vec<ServiceInfo>, Error> {
        self.run(self.client.services(names))
    }

    /// Starts services and those that they require, and waits for the change.
    pub fn start(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.services_action("start", names, timeout))
    }

    /// Stops services and those that require them, and waits for the change.
    pub fn stop(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.services_action("stop", names, timeout))
    }

    /// Stops and starts services, and waits for the change.
    pub fn restart(&self, names: &[&str], timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.services_action("restart", names, timeout))
    }

    /// Starts all services with startup `enabled`, and waits for the change.
    pub fn autostart(&self, timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.services_action("autostart", &[], timeout))
    }

    /// Restarts services whose definition changed, starts the enabled ones, and waits for the change.
    pub fn replan(&self, timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.services_action("replan", &[], timeout))
    }

    /// Changes of one service, or of all.
    pub fn changes(&self, select: ChangeSelect, service: Option<&str>) -> Result<Vec<Change>, Error> {
        self.run(self.client.changes(select, service))
    }

    /// The change with this id.
    pub fn change(&self, id: &ChangeId) -> Result<Change, Error> {
        self.run(self.client.change(id))
    }

    /// Waits for the end of a change; [`Error::Change`] if it failed.
    pub fn wait_change(&self, id: &ChangeId, timeout: Duration) -> Result<Change, Error> {
        self.run(self.client.wait_change(id, timeout))
    }

    /// Asks the daemon to abort a change.
    pub fn abort_change(&self, id: &ChangeId) -> Result<Change, Error> {
        self.run(self.client.abort_change(id))
    }

    /// Sends a signal by name (`SIGHUP`) to running services.
    pub fn signal(&self, signal: &str, services: &[&str]) -> Result<(), Error> {
        self.run(self.client.signal(signal, services))
    }

    /// The checks of this level and with these names.
    pub fn checks(&self, level: HealthLevel, names: &[&str]) -> Result<Vec<CheckInfo>, Error> {
        self.run(self.client.checks(level, names))
    }

    /// The notices that the filter selects, in the order of their last repetition.
    pub fn notices(&self, filter: &NoticesFilter) -> Result<Vec<Notice>, Error> {
        self.run(self.client.notices(filter))
    }

    /// Waits for notices that the filter selects; empty after the timeout.
    pub fn wait_notices(&self, filter: &NoticesFilter, timeout: Duration) -> Result<Vec<Notice>, Error> {
        self.run(self.client.wait_notices(filter, timeout))
    }

    /// Adds a custom notice and returns its id.
    pub fn notify(&self, notice: &Notify) -> Result<String, Error> {
        self.run(self.client.notify(notice))
    }

    /// The last `n` lines of output of these services together, or of all services.
    pub fn logs(&self, services: &[&str], n: u32) -> Result<Vec<LogEntry>, Error> {
        self.run(self.client.logs(services, n))
    }

    /// The contents of a file of at most `limit` bytes.
    pub fn read_file(&self, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        self.run(self.client.read_file(path, limit))
    }

    /// The contents of several files in one request, in the order of `paths`. A file that can't be read, or has more than `limit`
    /// bytes, is an error of its own.
    pub fn read_files(&self, paths: &[&str], limit: usize) -> Result<Vec<Result<Vec<u8>, Error>>, Error> {
        self.run(self.client.read_files(paths, limit))
    }

    /// Streams a file's contents into `target`, and returns their length.
    pub fn read_file_to(&self, path: &str, target: &mut impl Write) -> Result<u64, Error> {
        self.run(self.client.read_file_to(path, &mut AtOnce(target)))
    }

    /// The entries of a directory that match `pattern`; for a file, or with `itself`, the entry of the path.
    pub fn list_files(&self, path: &str, pattern: Option<&str>, itself: bool) -> Result<Vec<FileInfo>, Error> {
        self.run(self.client.list_files(path, pattern, itself))
    }

    /// Streams `content` into a file, which replaces an existing one atomically.
    pub fn write_file(&self, path: &str, content: impl Read, options: &WriteFile) -> Result<(), Error> {
        self.run(self.client.write_file(path, &mut AtOnce(content), options))
    }

    /// Makes a directory.
    pub fn make_dir(&self, path: &str, options: &MakeDir) -> Result<(), Error> {
        self.run(self.client.make_dir(path, options))
    }

    /// Removes a file or directory; with `recursive` a directory with its contents, and a missing path is no error.
    pub fn remove(&self, path: &str, recursive: bool) -> Result<(), Error> {
        self.run(self.client.remove(path, recursive))
    }

    /// Runs a command to its end. An exit code other than zero is no error.
    pub fn exec(&self, options: &ExecOptions) -> Result<ExecOutput, Error> {
        self.run(self.client.exec(options))
    }

    fn run<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let runtime = match self.runtime.get() {
            Some(runtime) => runtime,
            None => {
                let started = Builder::new_current_thread().enable_io().enable_time().build();
                let started =
                    started.map_err(|source| Error::Io { what: "prepare to talk to Pebble".to_owned(), source })?;
                self.runtime.get_or_init(|| started)
            }
        };
        runtime.block_on(async {
            let result = call.await;
            if result.is_err() {
                // The connection's task must run once more to see that its caller has gone, and close.
                tokio::task::yield_now().await;
            }
            result
        })
    }
}

/// Asynchronous adapter of a synchronous reader or writer. It blocks, which is fine on the caller's own thread.
struct AtOnce<T>(T);

impl<R: Read> AsyncRead for AtOnce<R> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.0.read(buffer.initialize_unfilled()) {
                Ok(length) => {
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<W: Write> AsyncWrite for AtOnce<W> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// The inner value is never pinned.
impl<T> Unpin for AtOnce<T> {}

#[cfg(test)]
mod tests;
