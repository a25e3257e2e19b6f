//! Pebble in one process, for tests: layers, plan, replan and the states of services, over scripted processes and a
//! virtual clock.
//!
//! The rules are the `pebble` library's, which the supervisor shares: merging and validation of layers, start and stop
//! order, replan, and the state machine of a service. Here processes are [`Script`]s, and time passes only in changes
//! and in [`Pebble::advance`]. A folder is the container's root ([`Pebble::set_root`]), a test says how commands end
//! ([`Pebble::handle_exec`]), which checks are down ([`Pebble::set_check`]) and which services fail to start
//! ([`Pebble::fail_service`]), which lines services print ([`Pebble::print`]). [`Server`] serves all of it on a unix socket, for any client of Pebble.
//!
//! ```
//! # extern crate pebble as webcharm_pebble;
//! use webcharm_pebble::plan::Layer;
//! use webcharm_pebble::types::ServiceStatus;
//! use webcharm_pebble_fake::{Pebble, Script};
//!
//! let layer = r#"{"services": {"web": {"override": "replace", "command": "serve", "startup": "enabled"}}}"#;
//! let mut pebble = Pebble::new(vec![layer.parse::<Layer>().unwrap()]).unwrap();
//! pebble.script("serve", Script::Exits { after: std::time::Duration::from_secs(60), code: 1 });
//! pebble.replan().unwrap();
//! assert!(pebble.services()[0].is_running());
//! pebble.advance(std::time::Duration::from_secs(59));
//! assert_eq!(pebble.services()[0].current, ServiceStatus::Backoff);
//! ```

mod change;
mod check;
mod clock;
mod exec;
mod files;
mod identity;
mod log;
mod metrics;
mod notice;
mod process;
mod record;
mod server;
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pebble::plan::service_state::Shutdown;
use pebble::plan::{Error, Layer, Layers, Plan, Startup, only, replan};
use pebble::types::{Change, Identity, ServiceInfo};

pub use exec::{ExecCall, ExecReply};
pub use process::Script;
pub use server::Server;

use change::Verb;
use exec::Handlers;
use files::Files;
use log::Output;
use notice::Noted;
use process::Processes;
use service::Service;

/// A Pebble with its plan, services and clock.
#[derive(Debug, Default)]
pub struct Pebble {
    layers: Layers,
    /// Services that were ever started.
    services: BTreeMap<String, Service>,
    processes: Processes,
    now: Duration,
    shutdown: Option<Shutdown>,
    files: Files,
    handlers: Handlers,
    exec_history: Vec<ExecCall>,
    notices: Vec<Noted>,
    /// Failures in a row of checks that have any.
    failing: BTreeMap<String, u64>,
    /// Checks that were started or stopped.
    switched: BTreeMap<String, bool>,
    identities: BTreeMap<String, Identity>,
    output: Output,
    /// Services that fail to start.
    broken: BTreeSet<String>,
    signals: Vec<(String, String)>,
    changes: BTreeMap<String, Change>,
}

impl Pebble {
    /// A Pebble with these layers. No service runs yet.
    ///
    /// # Errors
    /// Layers that make no valid plan.
    pub fn new(layers: Vec<Layer>) -> Result<Pebble, Error> {
        Ok(Pebble { layers: Layers::try_new(layers)?, ..Pebble::default() })
    }

    /// Sets the behaviour of processes of this program, the first word of a service's command, from their next start
    /// on. Programs without a script run until they are stopped.
    pub fn script(&mut self, program: &str, script: Script) {
        self.processes.script(program, script);
    }

    /// Makes a folder of this machine the container's `/`.
    pub fn set_root(&mut self, root: impl Into<PathBuf>) {
        self.files.root = root.into();
    }

    /// Has a folder or file of this machine be seen at an absolute path of the container. The root must be set before.
    ///
    /// # Errors
    /// The path is relative, or its mount point can't be made below the root; the text says why.
    pub fn mount(&mut self, path: &str, source: impl Into<PathBuf>) -> Result<(), String> {
        self.files.mount(path, source.into()).map_err(|error| error.result().message)
    }

    /// The folder that is the container's `/`; empty before [`Pebble::set_root`].
    pub fn root(&self) -> &Path {
        &self.files.root
    }

    /// Has a service fail to start, from its next start on.
    pub fn fail_service(&mut self, name: &str) {
        self.broken.insert(name.to_owned());
    }

    /// The signals that were sent to services, oldest first: signal and service.
    pub fn signals(&self) -> &[(String, String)] {
        &self.signals
    }

    /// The layers, lowest first.
    pub fn layers(&self) -> &[Layer] {
        self.layers.layers()
    }

    /// The combined plan.
    pub fn plan(&self) -> &Plan {
        self.layers.plan()
    }

    /// Adds a layer on top or, with `combine`, merges it into the layer with its label.
    ///
    /// # Errors
    /// As `POST /v1/layers`; the plan is then unchanged.
    pub fn add_layer(&mut self, layer: Layer, combine: bool) -> Result<(), Error> {
        self.place_layer(layer, combine, false)
    }

    /// Adds a layer as [`Pebble::add_layer`]; with `inner` it may come below others, by its label's folder.
    pub(crate) fn place_layer(&mut self, layer: Layer, combine: bool, inner: bool) -> Result<(), Error> {
        if combine { self.layers.combine(layer, inner) } else { self.layers.append(layer, inner) }
    }

    /// Status of the plan's services.
    pub fn services(&self) -> Vec<ServiceInfo> {
        let info = |(name, config): (&String, &pebble::plan::Service)| ServiceInfo {
            name: name.clone(),
            startup: if config.startup == Startup::Enabled { Startup::Enabled } else { Startup::Disabled },
            current: self.services.get(name).map(Service::status).unwrap_or_default(),
            current_since: None,
        };
        self.plan().services.iter().map(info).collect()
    }

    /// Number of processes that the service had so far.
    pub fn starts(&self, service: &str) -> usize {
        self.services.get(service).map_or(0, Service::starts)
    }

    /// The end of the daemon that a service asked for, if one did.
    pub fn shutdown(&self) -> Option<Shutdown> {
        self.shutdown
    }

    /// Starts services and those that they require.
    ///
    /// # Errors
    /// The change's error, as Pebble words it.
    pub fn start(&mut self, names: &[String]) -> Result<(), String> {
        let lanes = self.plan().start_order(names).map_err(|error| error.to_string())?;
        self.change(&[(Verb::Start, lanes)])
    }

    /// Stops services and those that require them.
    ///
    /// # Errors
    /// As [`Pebble::start`].
    pub fn stop(&mut self, names: &[String]) -> Result<(), String> {
        let lanes = self.plan().stop_order(names).map_err(|error| error.to_string())?;
        self.change(&[(Verb::Stop, lanes)])
    }

    /// Stops services and starts them again.
    ///
    /// # Errors
    /// As [`Pebble::start`].
    pub fn restart(&mut self, names: &[String]) -> Result<(), String> {
        let lanes = self.plan().stop_order(names).map_err(|error| error.to_string())?;
        let stop = only(lanes, |name| names.iter().any(|asked| asked == name));
        let start = self.plan().start_order(names).map_err(|error| error.to_string())?;
        self.change(&[(Verb::Stop, stop), (Verb::Start, start)])
    }

    /// Starts the enabled services.
    ///
    /// # Errors
    /// As [`Pebble::start`].
    pub fn autostart(&mut self) -> Result<(), String> {
        let names = self.plan().autostart().map_err(|error| error.to_string())?;
        self.start(&names)
    }

    /// Restarts services whose definition changed, and starts the enabled ones.
    ///
    /// # Errors
    /// As [`Pebble::start`].
    pub fn replan(&mut self) -> Result<(), String> {
        let started = self.services.iter().map(|(name, service)| (name.clone(), service.config().clone())).collect();
        let replan = replan(&started, self.plan()).map_err(|error| error.to_string())?;
        for (name, config) in replan.changed {
            self.services.entry(name).and_modify(|service| service.configure(config));
        }
        self.change(&[(Verb::Stop, replan.stop), (Verb::Start, replan.start)])
    }

    /// Lets time pass: timers elapse and processes exit.
    pub fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while self.next_event().is_some_and(|event| event.at <= end) {
            self.pass_to_next_event();
        }
        self.now = end;
    }
}

/// The code of the README works.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests;
