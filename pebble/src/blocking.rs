//! Client for synchronous programs. A charm has one per container.
//!
//! Each call runs the asynchronous client on a runtime on the caller's thread; between calls the runtime is idle. A
//! call from within another runtime panics, as runtimes do not nest. Calls from several threads run concurrently.

mod at_once;
mod checks;
mod files;
mod identities;
mod logs;
mod notices;
mod process;
mod services;

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::client;
use crate::connect::{Connect, UnixConnect};
use crate::plan::{Layer, Plan};
use crate::types::{Change, ChangeId, ChangeSelect, HealthLevel, Signal, SystemInfo};
use crate::{Error, Limits};

pub use logs::LogLines;
pub use process::{ExecOutputPipe, ExecProcess, ExecStdin};

/// A client of one Pebble, with a runtime of its own.
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
pub struct Client<C: Connect = UnixConnect> {
    client: client::Client<C>,
    /// Created at the first call, so that [`Client::new`] can't fail.
    runtime: OnceLock<Arc<Runtime>>,
}

impl<C: Connect> fmt::Debug for Client<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("name", &self.name()).field("requests", &self.requests()).finish()
    }
}

impl Client {
    /// A client of the Pebble at the unix socket `socket`. The first call opens it.
    pub fn new(socket: impl Into<PathBuf>) -> Client {
        Client::with_limits(socket, Limits::default())
    }

    /// A client with other limits.
    pub fn with_limits(socket: impl Into<PathBuf>, limits: Limits) -> Client {
        Client::over(UnixConnect::new(socket), limits)
    }
}

impl<C: Connect> Client<C> {
    /// A client over this connector, for example HTTP. The first call connects.
    pub fn over(connect: C, limits: Limits) -> Client<C> {
        Client { client: client::Client::new(connect, limits), runtime: OnceLock::new() }
    }

    /// Name of the daemon's end: the socket's path, or the address.
    pub fn name(&self) -> &Path {
        self.client.name()
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

    /// Adds a layer as [`Client::add_layer`], also below other layers: a label `FOLDER/NAME` places a new layer among
    /// those of its folder in the layers directory, which `add_layer` refuses if others are above them.
    pub fn add_inner_layer(&self, label: &str, layer: &Layer, combine: bool) -> Result<(), Error> {
        self.run(self.client.add_inner_layer(label, layer, combine))
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

    /// Metrics of services and checks, in the text format of Prometheus.
    pub fn metrics(&self) -> Result<String, Error> {
        self.run(self.client.metrics())
    }

    /// Sends a signal to running services.
    ///
    /// # Errors
    /// A service that does not run; services before it may have got the signal.
    pub fn signal(&self, signal: Signal, services: &[&str]) -> Result<(), Error> {
        self.run(self.client.signal(signal, services))
    }

    fn runtime(&self) -> Result<Arc<Runtime>, Error> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(Arc::clone(runtime));
        }
        let started = Builder::new_current_thread().enable_io().enable_time().build();
        let started = started.map_err(|source| Error::Io { what: "prepare to talk to Pebble".to_owned(), source })?;
        Ok(Arc::clone(self.runtime.get_or_init(|| Arc::new(started))))
    }

    fn run<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        block_on(&*self.runtime()?, call)
    }
}

fn block_on<T, E>(runtime: &Runtime, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    runtime.block_on(async {
        let result = call.await;
        if result.is_err() {
            // The connection's task must run once more to see that its caller has gone, and close.
            tokio::task::yield_now().await;
        }
        result
    })
}

#[cfg(test)]
mod tests;
