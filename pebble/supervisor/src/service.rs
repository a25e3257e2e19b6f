//! Services as processes: carries out the outputs of the pure state machine, and feeds it events.

mod run;
mod step;

pub(crate) use run::fill_in_user;
use step::{Asker, Reply, step};

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use pebble::plan::service_state::{FAIL_DELAY, Input, Machine, Output, StartError, State, Timer};
use pebble::plan::{Plan, Service};
use pebble::types::{self, ServiceStatus};
use rustix::process::Pid;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;

use crate::clock::Time;
use crate::daemon::Daemon;
use crate::log::Log;
use crate::process;
use crate::runner::Abort;
use crate::task::{Id, Level};
use pebble::plan::{listed, quote};

/// All services that were ever started.
#[derive(Debug)]
pub(crate) struct Services {
    entries: RefCell<BTreeMap<String, Entry>>,
    grown: watch::Sender<()>,
}

/// Metrics of a service.
pub(crate) struct Counts {
    pub(crate) name: String,
    pub(crate) is_active: bool,
    pub(crate) starts: u64,
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    log: Log,
    starts: u64,
    since: Option<Time>,
    process: Option<Pid>,
    timers: BTreeMap<Timer, AbortHandle>,
    starting: Option<oneshot::Sender<Result<(), StartError>>>,
    stopping: Option<oneshot::Sender<Result<(), String>>>,
}

impl Services {
    /// An empty collection.
    pub(crate) fn new() -> Services {
        Services { entries: RefCell::default(), grown: watch::Sender::new(()) }
    }

    /// Status of the plan's services; only of those named if there are names.
    pub(crate) fn infos(&self, plan: &Plan, names: &BTreeSet<String>) -> Vec<types::ServiceInfo> {
        let entries = self.entries.borrow();
        let wanted = plan.services.iter().filter(|(name, _)| names.is_empty() || names.contains(*name));
        let info = |(name, service): (&String, &Service)| {
            let entry = entries.get(name);
            types::ServiceInfo {
                name: name.clone(),
                startup: run::startup(service),
                current: entry.map(|entry| entry.machine.status()).unwrap_or_default(),
                current_since: entry.and_then(|entry| entry.since).map(|since| since.to_string().into()),
            }
        };
        wanted.map(info).collect()
    }

    /// Definitions that services were last started or replanned with.
    pub(crate) fn started(&self) -> BTreeMap<String, Service> {
        let entries = self.entries.borrow();
        entries.iter().map(|(name, entry)| (name.clone(), entry.machine.config().clone())).collect()
    }

    /// Stores changed definitions, so that the next replan compares with them.
    pub(crate) fn configure(&self, changed: BTreeMap<String, Service>) {
        let mut entries = self.entries.borrow_mut();
        for (name, service) in changed {
            if let Some(entry) = entries.get_mut(&name) {
                entry.machine.configure(service);
            }
        }
    }

    /// Services that must be stopped before the daemon ends.
    pub(crate) fn to_stop(&self) -> BTreeSet<String> {
        let entries = self.entries.borrow();
        entries.iter().filter(|(_, entry)| entry.machine.needs_stop()).map(|(name, _)| name.clone()).collect()
    }

    /// The longest time that stopping all services may take.
    pub(crate) fn stop_timeout(&self) -> Duration {
        let entries = self.entries.borrow();
        let active = entries
            .values()
            .filter(|entry| matches!(entry.machine.state(), State::Starting | State::Running | State::Terminating));
        let longest = active.map(|entry| entry.machine.config().effective_kill_delay()).max();
        longest.unwrap_or_default().max(Duration::from_secs(5)) + FAIL_DELAY + Duration::from_millis(100)
    }

    /// Metrics of all services that were ever started, sorted by name.
    pub(crate) fn counts(&self) -> Vec<Counts> {
        let counts = |(name, entry): (&String, &Entry)| Counts {
            name: name.clone(),
            is_active: entry.machine.status() == ServiceStatus::Active,
            starts: entry.starts,
        };
        self.entries.borrow().iter().map(counts).collect()
    }

    /// Logs of the named services; those that never ran have none.
    pub(crate) fn logs(&self, names: &[String]) -> Vec<Log> {
        let entries = self.entries.borrow();
        names.iter().filter_map(|name| Some(entries.get(name)?.log.clone())).collect()
    }

    /// Notified when any service prints.
    pub(crate) fn growing(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.entries.borrow_mut().get_mut(name).map(act)
    }
}

/// Starts a service for a task, and waits until it runs or has failed.
pub(crate) async fn start(daemon: &Rc<Daemon>, task: Id, name: &str, mut abort: Abort) -> Result<(), String> {
    if daemon.store.read(|state| state.task(task).is_some_and(|task| task.data.contains_key("started"))) {
        return Err("service already started, not retrying".to_owned());
    }
    let plan = daemon.plan.borrow().plan().services.get(name).cloned();
    let config = plan.ok_or_else(|| format!("cannot find service {} in plan", quote(name)))?;
    daemon.store.write(|state| state.set_task_data(task, "started", true.into()));
    daemon.services.enter(name, config);
    let mut started = ask_start(daemon, task, name);
    let outcome = tokio::select! {
        outcome = &mut started => outcome,
        () = abort.asked() => {
            step(daemon, name, Input::AbortStart, None);
            started.await
        }
    };
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            if error.ran {
                log_last_lines(daemon, task, name);
            }
            Err(error.message)
        }
        Err(_) => Err("start aborted".to_owned()),
    }
}

fn log_last_lines(daemon: &Daemon, task: Id, name: &str) {
    let lines = daemon.services.with(name, |entry| entry.log.last_lines()).unwrap_or_default();
    let text = format!("Most recent service output:\n{lines}");
    daemon.store.write(|state| state.log(task, Level::Info, &text, Time::now()));
}

/// Stops a service for a task, and waits until it has ended or can't be stopped.
pub(crate) async fn stop(daemon: &Rc<Daemon>, task: Id, name: &str) -> Result<(), String> {
    if daemon.services.with(name, |_| ()).is_none() {
        let text = format!("Service {} has never been started.", quote(name));
        daemon.store.write(|state| state.log(task, Level::Info, &text, Time::now()));
        return Ok(());
    }
    let (sender, receiver) = oneshot::channel();
    step(daemon, name, Input::Stop, Some(Asker { task, reply: Reply::Stop(sender) }));
    receiver.await.unwrap_or(Ok(()))
}

fn ask_start(daemon: &Rc<Daemon>, task: Id, name: &str) -> oneshot::Receiver<Result<(), StartError>> {
    let (sender, receiver) = oneshot::channel();
    step(daemon, name, Input::Start, Some(Asker { task, reply: Reply::Start(sender) }));
    receiver
}

impl Services {
    /// Adds a service, or updates its definition.
    fn enter(&self, name: &str, config: Service) {
        let mut entries = self.entries.borrow_mut();
        match entries.get_mut(name) {
            Some(entry) => entry.machine.configure(config),
            None => {
                let entry = Entry {
                    machine: Machine::new(name, config),
                    log: Log::new(name, self.grown.clone()),
                    starts: 0,
                    since: None,
                    process: None,
                    timers: BTreeMap::new(),
                    starting: None,
                    stopping: None,
                };
                entries.insert(name.to_owned(), entry);
            }
        }
    }
}

/// Carries out the actions of all services for a check that went down.
pub(crate) fn check_failed(daemon: &Rc<Daemon>, check: &str) {
    let action = |(name, entry): (&String, &Entry)| {
        Some((name.clone(), entry.machine.config().on_check_failure.get(check)?.clone()))
    };
    let actions: Vec<_> = daemon.services.entries.borrow().iter().filter_map(action).collect();
    for (name, action) in actions {
        step(daemon, &name, Input::CheckFailed(action), None);
    }
}

/// Sends a signal to services. The texts of errors are Pebble's.
pub(crate) fn signal(daemon: &Daemon, names: &[String], signal: &str) -> Result<(), String> {
    let failed = |name: &String| {
        let why = signal_one(daemon, name, signal).err()?;
        Some(format!("cannot send signal to {}: {why}", quote(name)))
    };
    let errors: Vec<String> = names.iter().filter_map(failed).collect();
    if errors.is_empty() { Ok(()) } else { Err(listed(&errors, "; ")) }
}

fn signal_one(daemon: &Daemon, name: &str, signal: &str) -> Result<(), String> {
    let running = daemon.services.with(name, |entry| entry.process.filter(|_| entry.machine.takes_signals())).flatten();
    let process = running.ok_or("service is not running")?;
    let number = process::signal_by_name(signal).ok_or_else(|| format!("invalid signal name {}", quote(signal)))?;
    daemon.journal.note(&format!("Sending {signal} to service {}", quote(name)));
    process::signal(process, number).map_err(|error| crate::errno::text(&error.into()))
}

impl Entry {
    fn take_in(&mut self, input: Input, chance: f64) -> Vec<Output> {
        let before = self.machine.status();
        let outputs = self.machine.step(input, chance);
        if self.machine.status() != before {
            self.since = Some(Time::now());
        }
        outputs
    }
}
