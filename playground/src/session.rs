//! A running model: the served model, the unit agents' part in it, and the pods.
//!
//! The main thread runs the hooks: those of one unit in turn, as a unit agent does, those of several units in parallel.
//! The threads that answer verbs only read the model, or change it and ask the main thread to settle it.

mod actions;
mod advice;
mod agent;
mod answers;
mod application;
mod deployment;
mod integration;
mod launch;
mod log;
mod pods;
mod problems;
mod secrets;
mod snapshot;
mod units;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use juju::{Status, StatusKind, UnitName, Whose};
use juju_testing::Server;
use rock::Work;

use crate::network::{Network, Subnet};
use crate::pod::{Identity, Neighbor};
use crate::provider::{Providers, UnitInfo};
use crate::ui::Ui;
pub use advice::{integrate_lines, refused_host};
use agent::Agent;
pub use agent::Doing;
pub use application::{Application, Kind, Prepared};
pub use deployment::Error as DeployError;
pub(crate) use deployment::deploy;
use problems::Problems;

/// Request to the main thread.
#[derive(Debug)]
pub enum Input {
    /// End the model.
    Stop,
    /// Run hooks until no unit has one; send true if all went well.
    Settle(Sender<bool>),
    /// Run hooks, without an answer: a container has news.
    News,
}

/// Folders of a model.
#[derive(Debug, Clone)]
pub struct Places {
    /// The hook tools.
    pub tools: PathBuf,
    /// Folder with the program that runs hooks in machines and pods, as `dispatch`.
    pub launcher: PathBuf,
    /// The containers' sockets: a folder for each unit.
    pub containers: PathBuf,
    /// The runtime folder itself.
    pub runtime: PathBuf,
    /// This program.
    pub program: PathBuf,
}

impl Places {
    /// The folder of a unit's containers.
    #[must_use]
    pub fn containers_of(&self, unit: &UnitName) -> PathBuf {
        self.containers.join(host(unit))
    }

    /// The folder of a unit's pod.
    #[must_use]
    pub fn pod_of(&self, unit: &UnitName) -> PathBuf {
        self.runtime.join("pods").join(host(unit))
    }
}

/// A model with its applications.
pub struct Session {
    /// The model.
    pub server: Server,
    /// Folders of the model.
    pub places: Places,
    /// User who is root in the pods.
    pub identity: Identity,
    ui: Ui,
    applications: Mutex<BTreeMap<String, Arc<Application>>>,
    state: Mutex<State>,
    providers: Mutex<Providers>,
    network: Mutex<Option<Network>>,
    started: Condvar,
}

#[derive(Debug, Default)]
struct State {
    agents: BTreeMap<UnitName, Agent>,
    outcome: Option<bool>,
    neighbors: Vec<Neighbor>,
    /// The last one that was given to an application.
    subnet: Subnet,
    /// URLs on this machine of the applications behind an ingress, by the provider's name and theirs.
    urls: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// The servers' units, by application and number.
    server_units: BTreeMap<&'static str, BTreeMap<u32, UnitInfo>>,
    /// Failures of the playground itself.
    problems: Problems,
}

impl Session {
    /// Makes a session over a served model with one application. It starts neither pods nor servers.
    #[must_use]
    pub fn new(server: Server, first: Application, places: Places, ui: Ui) -> Self {
        let model = server.with(|model| model.name().to_owned());
        let providers = Mutex::new(Providers::new(places.runtime.clone(), model, ui.clone()));
        let (identity, state, started) = (Identity::current(), Mutex::default(), Condvar::new());
        let applications = Mutex::new([(first.name().to_owned(), Arc::new(first))].into());
        Self { server, places, identity, ui, applications, state, providers, network: Mutex::new(None), started }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Printer of the session's progress.
    #[must_use]
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// The applications with a charm, by name.
    #[must_use]
    pub fn applications(&self) -> Vec<Arc<Application>> {
        self.applications_by_name().values().cloned().collect()
    }

    /// The application with that name, if it has a charm.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<Arc<Application>> {
        self.applications_by_name().get(name).cloned()
    }

    fn applications_by_name(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Application>>> {
        self.applications.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The units of an application, by number.
    #[must_use]
    pub fn units_of(&self, app: &str) -> Vec<UnitName> {
        self.server.with(|model| model.units(app)).unwrap_or_default()
    }

    /// The units of all applications with a charm.
    #[must_use]
    pub fn units(&self) -> Vec<UnitName> {
        self.applications().iter().flat_map(|app| self.units_of(app.name())).collect()
    }

    /// The leader of an application.
    #[must_use]
    pub fn leader(&self, app: &str) -> Option<UnitName> {
        self.server.with(|model| model.leader(app).ok().flatten().cloned())
    }

    /// The unit's status, if the charm set one.
    #[must_use]
    pub fn status(&self, unit: &UnitName) -> Option<Status> {
        self.server.with(|model| model.status(unit, Whose::Unit)).ok().flatten()
    }

    /// True if only a person can help: a unit is blocked, or a hook failed.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let is_blocked = |unit| self.status(unit).is_some_and(|status| status.kind == StatusKind::Blocked);
        self.units().iter().any(|unit| matches!(self.doing(unit), Doing::Failed(_)) || is_blocked(unit))
    }

    /// Ends the start, and wakes the threads that wait for it.
    pub fn conclude_start(&self, well: bool) {
        self.state().outcome.get_or_insert(well);
        self.started.notify_all();
    }

    /// Waits for the start to end. Returns true if it went well.
    #[must_use]
    pub fn wait_for_start(&self) -> bool {
        let pending = |state: &mut State| state.outcome.is_none();
        let state = self.started.wait_while(self.state(), pending).unwrap_or_else(PoisonError::into_inner);
        state.outcome.unwrap_or(false)
    }

    /// True if the start is over.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.state().outcome.is_some()
    }

    /// Interrupts hooks, builds and starts, because the model is to end.
    pub fn cancel(&self) {
        self.ui.cancel().throw();
    }

    /// Ends pods, servers and network.
    pub fn end(&self) {
        self.end_pods();
        self.providers().end();
        *self.network() = None;
    }
}

/// Name of the host of a unit's pod, and of the unit's folders.
pub(crate) fn host(unit: &UnitName) -> String {
    format!("{}-{}", unit.app(), unit.number())
}

/// Longest run of a hook.
const HOOK: Duration = Duration::from_secs(300);

/// Name of a Pebble's socket in its container's folder.
const SOCKET: &str = "pebble.socket";
