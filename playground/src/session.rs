//! A running model: the served model, the unit agent's part in it, and the pod.
//!
//! The main thread runs the hooks, one after the other, as a unit agent does. The threads that answer verbs only look, or
//! change the model and ask the main thread to settle it.

mod actions;
mod answers;
mod children;
mod integration;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use juju::{CharmFiles, Event, Status, StatusKind, UnitName, Whose, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchError, DispatchOptions, Dispatched, LogLine, Server, dispatch_process};
use rock::Work;

use crate::pod::{Identity, Neighbor, Pod};
use crate::provider::Providers;
use crate::ui::Ui;

/// How long a hook may take.
const HOOK: Duration = Duration::from_secs(300);

/// How long nothing is said of a hook that runs.
const TELL: Duration = Duration::from_secs(1);

/// How long a hook has for its own end, once the end of everything is asked for.
const HURRY: Duration = Duration::from_secs(3);

/// What the main thread is asked to do.
#[derive(Debug)]
pub enum Input {
    /// To end.
    Stop,
    /// To run hooks until there are none left, and say whether they went well.
    Settle(Sender<bool>),
}

/// What the unit agent does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It waits.
    Nothing,
    /// It runs the hook.
    Running(String),
    /// The hook failed, and will be run again before any other.
    Failed(String),
}

/// Where a charm and its surroundings are.
#[derive(Debug, Clone)]
pub struct Places {
    /// The unpacked charm.
    pub charm: PathBuf,
    /// The hook tools.
    pub tools: PathBuf,
    /// The containers' sockets.
    pub containers: PathBuf,
    /// The runtime folder itself.
    pub runtime: PathBuf,
}

/// Which unit this is about, and where it answers.
#[derive(Debug, Clone)]
pub struct Names {
    /// The unit.
    pub unit: UnitName,
    /// Its container.
    pub container: String,
    /// The port of this machine on which the application answers.
    pub port: u16,
}

/// A model with one application of one unit.
pub struct Session {
    /// The model.
    pub server: Server,
    /// The charm's declarations.
    pub files: CharmFiles,
    /// Which unit it has.
    pub names: Names,
    /// Where things are.
    pub places: Places,
    /// Who is root in the pod.
    pub identity: Identity,
    ui: Ui,
    state: Mutex<State>,
    providers: Mutex<Providers>,
    started: Condvar,
}

#[derive(Debug)]
struct State {
    doing: Doing,
    pod: Option<Pod>,
    outcome: Option<bool>,
    stderr: VecDeque<String>,
    neighbors: Vec<Neighbor>,
    /// Why the servers could not answer a relation.
    problem: Option<String>,
}

impl Session {
    /// A session over a served model, nothing of which runs yet.
    #[must_use]
    pub fn new(server: Server, files: CharmFiles, names: Names, places: Places, ui: Ui) -> Self {
        let state = State {
            doing: Doing::Nothing,
            pod: None,
            outcome: None,
            stderr: VecDeque::new(),
            neighbors: Vec::new(),
            problem: None,
        };
        let providers = Mutex::new(Providers::new(places.runtime.clone(), ui.clone()));
        let (identity, state, started) = (Identity::current(), Mutex::new(state), Condvar::new());
        Self { server, files, names, places, identity, ui, state, providers, started }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the session tells of what it does.
    #[must_use]
    pub fn ui(&self) -> &Ui {
        &self.ui
    }

    /// Where the application answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.names.port)
    }

    /// The unit's status, if the charm set one.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.server.with(|model| model.status(&self.names.unit, Whose::Unit)).ok().flatten()
    }

    /// Whether only a person can help: the charm says so, or a hook failed.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        matches!(self.doing(), Doing::Failed(_))
            || self.status().is_some_and(|status| status.kind == StatusKind::Blocked)
    }

    /// What the unit agent does.
    #[must_use]
    pub fn doing(&self) -> Doing {
        self.state().doing.clone()
    }

    /// Puts the pod in, or another in its place.
    pub fn set_pod(&self, pod: Option<Pod>) {
        let old = std::mem::replace(&mut self.state().pod, pod);
        // It takes its time to end; the lock is free again.
        drop(old);
    }

    /// Whether there was a pod, and it has ended by itself.
    #[must_use]
    pub fn pod_has_ended(&self) -> bool {
        self.state().pod.as_mut().is_some_and(|pod| pod.ended().is_some())
    }

    /// The end of the pod's log.
    #[must_use]
    pub fn pod_log(&self) -> String {
        self.state().pod.as_ref().map(Pod::log_tail).unwrap_or_default()
    }

    /// Ends the servers, for good.
    pub fn end_servers(&self) {
        self.providers().end();
    }

    /// Tells those who wait for the start how it went.
    pub fn conclude_start(&self, well: bool) {
        self.state().outcome = Some(well);
        self.started.notify_all();
    }

    /// Waits for the start to be over, and says whether it went well.
    #[must_use]
    pub fn wait_for_start(&self) -> bool {
        let pending = |state: &mut State| state.outcome.is_none();
        let state = self.started.wait_while(self.state(), pending).unwrap_or_else(PoisonError::into_inner);
        state.outcome.unwrap_or(false)
    }

    /// The container's Pebble answers: the charm is to be told.
    pub fn announce_pebble(&self) {
        let event = WorkloadEvent { container: self.names.container.clone(), kind: WorkloadKind::PebbleReady };
        // The unit is there as long as this session is.
        let _ = self.server.with(|model| model.push(&self.names.unit, Event::Workload(event)));
    }

    /// Stops whatever is under way: the end has been asked for.
    pub fn cancel(&self) {
        self.ui.cancel().throw();
    }

    /// Runs hooks, and has the servers answer what charms ask, until there is nothing left to do or something fails.
    /// Says whether all went well.
    pub fn settle(&self) -> bool {
        loop {
            if !self.run_hooks() {
                return false;
            }
            let answered = self.providers().reconcile(&self.server);
            self.state().problem = answered.as_ref().err().map(|error| crate::chain(error));
            match answered {
                Ok(true) => {}
                Ok(false) => return true,
                Err(error) => {
                    self.ui.step(&crate::chain(&error));
                    return false;
                }
            }
        }
    }

    fn run_hooks(&self) -> bool {
        while let Some(event) = self.server.with(|model| model.next_event(&self.names.unit)) {
            if self.ui.cancel().is_thrown() {
                return false;
            }
            let name = event.name();
            self.state().doing = Doing::Running(name.clone());
            let well = self.run(&event);
            self.state().doing = if well { Doing::Nothing } else { Doing::Failed(name) };
            if !well {
                return false;
            }
        }
        true
    }

    fn run(&self, event: &Event) -> bool {
        let name = event.name();
        match self.dispatch(event) {
            Ok(ran) if ran.is_success() => {
                let status = self.status().map(|status| format!(" → {status}")).unwrap_or_default();
                self.ui.step(&format!("hook {name} ({} ms){status}", ran.wall.as_millis()));
                true
            }
            Ok(ran) => {
                let how = ran.exit.map_or_else(|| "was killed".to_owned(), |code| format!("ended with {code}"));
                self.ui.step(&format!("hook {name} failed: the charm {how}"));
                self.keep_stderr(&ran.stderr);
                false
            }
            Err(error) => {
                self.ui.step(&format!("hook {name} failed: {}", crate::chain(&error)));
                false
            }
        }
    }

    fn dispatch(&self, event: &Event) -> Result<Dispatched, DispatchError> {
        let mut options = DispatchOptions::new(&self.places.tools);
        options.containers_dir = Some(self.places.containers.clone());
        options.timeout = HOOK;
        let (ended, end) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || self.hurry(event, &end));
            let ran = dispatch_process(&self.server, &self.names.unit, event, &self.places.charm, &options);
            drop(ended);
            ran
        })
    }

    /// Waits for a hook to end, and says so when that takes its time. When the end of everything is asked for meanwhile, the
    /// pod goes first, which most of what a charm waits for doesn't survive; a charm that goes on is killed.
    fn hurry(&self, event: &Event, end: &Receiver<()>) {
        let has_ended = |patience| end.recv_timeout(patience) != Err(RecvTimeoutError::Timeout);
        let (started, mut told) = (Instant::now(), Duration::ZERO);
        while !has_ended(Duration::from_millis(50)) {
            if started.elapsed() > told + TELL {
                told = started.elapsed();
                self.ui.step(&format!("hook {} is running", event.name()));
            }
            if self.ui.cancel().is_thrown() {
                self.set_pod(None);
                if !has_ended(HURRY) {
                    children::kill();
                }
                return;
            }
        }
    }

    /// A charm's last words are part of the log: they may be all that tells why.
    fn keep_stderr(&self, text: &str) {
        let lines: Vec<_> = text.lines().collect();
        let mut state = self.state();
        state.stderr.clear();
        for line in &lines[lines.len().saturating_sub(15)..] {
            self.ui.detail(line);
            state.stderr.push_back((*line).to_owned());
        }
    }

    /// The last lines of the log, and of a failed hook's standard error.
    #[must_use]
    pub fn log(&self, lines: usize) -> Vec<String> {
        self.log_after(lines, 0).0
    }

    /// The same without the first `after` lines that were ever written, and how many there are.
    #[must_use]
    pub fn log_after(&self, lines: usize, after: usize) -> (Vec<String>, usize) {
        let (mut log, written): (Vec<String>, usize) = self.server.with(|model| {
            let log = model.log();
            let line = |line: &LogLine| format!("{}: {} {}", line.unit, line.level.as_str(), line.message);
            (log.since(after).map(line).collect(), log.written())
        });
        if after == 0 || after < written {
            log.extend(self.state().stderr.iter().map(|line| format!("{}: stderr {line}", self.names.unit)));
        }
        (log.split_off(log.len().saturating_sub(lines)), written)
    }
}
