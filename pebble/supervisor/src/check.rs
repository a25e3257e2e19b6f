//! Health checks: their state, and the changes that perform them.
//!
//! A change of kind `perform-check` runs a check until it fails as often as its threshold; then it ends with an error, the
//! services' `on-check-failure` actions happen, and a change `recover-check` runs it until it succeeds, and so on.
//!
//! Different from Pebble: a check that a client starts or refreshes has its `service-context` too.

mod probe;
mod run;

pub(crate) use run::run;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use pebble::plan::{Check, CheckLevel, Plan, Span, Startup, quote};
use pebble::types::{ChangeId, CheckInfo};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::clock::Time;
use crate::daemon::Daemon;
use crate::runner;
use crate::state::State;
use crate::status::Status;
use crate::task::Id;

const PERFORM: &str = "perform-check";
const RECOVER: &str = "recover-check";
const DETAILS: &str = "check-details";

/// True for the kinds of tasks that run checks.
pub(crate) fn is_kind(kind: &str) -> bool {
    kind == PERFORM || kind == RECOVER
}

/// A check with its name and its service's context.
#[derive(Clone, Debug, PartialEq)]
struct Config {
    name: String,
    check: Check,
}

/// Counts of a check's change, in its task's data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Details {
    name: String,
    failures: i64,
    successes: i64,
    /// True if the other kind of change takes over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    proceed: bool,
}

/// State of all checks.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    entries: RefCell<BTreeMap<String, Entry>>,
    /// Definitions by the change that runs them.
    configs: RefCell<BTreeMap<Id, Rc<Config>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Health {
    #[default]
    Inactive,
    Up,
    Down,
}

impl Health {
    fn as_str(self) -> &'static str {
        match self {
            Health::Inactive => "inactive",
            Health::Up => "up",
            Health::Down => "down",
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Entry {
    level: CheckLevel,
    startup: Startup,
    health: Health,
    successes: i64,
    failures: i64,
    threshold: i64,
    change: Option<Id>,
    previous: Option<Id>,
    succeeded: u64,
    failed: u64,
    refreshes: Rc<Refreshes>,
}

/// State of a check after a refresh, before its change ends if it does, and the error of the run.
type Refreshed = (CheckInfo, Result<(), String>);

/// Requests to run a check at once.
#[derive(Debug, Default)]
struct Refreshes {
    waiting: RefCell<VecDeque<oneshot::Sender<Refreshed>>>,
    arrived: Notify,
}

impl Refreshes {
    fn ask(&self) -> oneshot::Receiver<Refreshed> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().push_back(sender);
        self.arrived.notify_one();
        receiver
    }

    /// The next request whose client still waits.
    async fn next(&self) -> oneshot::Sender<Refreshed> {
        loop {
            let next = self.waiting.borrow_mut().pop_front();
            match next {
                Some(asker) if !asker.is_closed() => return asker,
                Some(_) => {}
                None => self.arrived.notified().await,
            }
        }
    }
}

/// Metrics of a check.
pub(crate) struct Counts {
    pub(crate) name: String,
    /// `None` for an inactive check.
    pub(crate) is_up: Option<bool>,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

impl Checks {
    /// All checks, sorted by name.
    pub(crate) fn infos(&self) -> Vec<CheckInfo> {
        self.entries.borrow().iter().map(|(name, entry)| entry.info(name)).collect()
    }

    /// Metrics of all checks, sorted by name.
    pub(crate) fn counts(&self) -> Vec<Counts> {
        let counts = |(name, entry): (&String, &Entry)| Counts {
            name: name.clone(),
            is_up: (entry.health != Health::Inactive).then_some(entry.health == Health::Up),
            succeeded: entry.succeeded,
            failed: entry.failed,
        };
        self.entries.borrow().iter().map(counts).collect()
    }

    /// True unless one of the wanted checks is down. Inactive checks don't count.
    pub(crate) fn is_healthy(&self, wanted: impl Fn(&str, &CheckLevel) -> bool) -> bool {
        let entries = self.entries.borrow();
        !entries.iter().any(|(name, entry)| entry.health == Health::Down && wanted(name, &entry.level))
    }

    fn change(&self, name: &str) -> Option<Id> {
        self.entries.borrow().get(name)?.change
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Entry) -> T) -> T {
        act(self.entries.borrow_mut().entry(name.to_owned()).or_default())
    }

    fn update(&self, config: &Config, change: Option<Id>, previous: Option<Id>, counts: (i64, i64)) {
        let Config { name, check } = config;
        let (successes, failures) = counts;
        self.with(name, |entry| {
            entry.level = check.level.clone();
            entry.startup = if check.startup.is_unset() { Startup::Enabled } else { check.startup.clone() };
            entry.threshold = check.effective_threshold();
            entry.health = match change {
                None => Health::Inactive,
                Some(_) if failures >= entry.threshold => Health::Down,
                Some(_) => Health::Up,
            };
            (entry.successes, entry.failures) = (successes, failures);
            (entry.change, entry.previous) = (change, previous);
        });
    }
}

impl Entry {
    fn info(&self, name: &str) -> CheckInfo {
        let id = |id: Option<Id>| id.map(|id| ChangeId::from(id.to_string()));
        CheckInfo {
            name: name.to_owned(),
            level: self.level.to_string(),
            startup: self.startup.to_string(),
            status: self.health.as_str().to_owned(),
            successes: u64::try_from(self.successes).unwrap_or_default(),
            failures: u64::try_from(self.failures).unwrap_or_default(),
            threshold: self.threshold,
            change_id: id(self.change),
            prev_change_id: id(self.previous),
        }
    }
}

/// Brings the checks in line with a changed plan: aborts those that were removed or modified, and starts those that are
/// new or modified.
pub(crate) fn plan_changed(daemon: &Rc<Daemon>) {
    let plan = daemon.plan.borrow().plan().clone();
    let mut modified = Vec::new();
    let mut existing = Vec::new();
    for change in running(daemon) {
        let config = daemon.checks.configs.borrow().get(&change).cloned();
        let Some(old) = config else {
            // An earlier daemon began it.
            daemon.store.write(|state| state.abort(change, Time::now()));
            continue;
        };
        existing.push(old.name.clone());
        if let Some(new) = config_of(&plan, &old.name) {
            let disabled = new.check.startup == Startup::Disabled && old.check.startup != Startup::Disabled;
            if *old == new || disabled {
                continue;
            }
            modified.push(new);
        }
        daemon.store.write(|state| state.abort(change, Time::now()));
        daemon.checks.entries.borrow_mut().remove(&old.name);
    }
    for name in plan.checks.keys().filter(|name| !existing.contains(name)) {
        let Some(config) = config_of(&plan, name) else { continue };
        if config.check.startup == Startup::Disabled {
            daemon.checks.update(&config, None, None, (0, 0));
        } else {
            modified.push(config);
        }
    }
    modified.sort_by(|one, other| one.name.cmp(&other.name));
    modified.into_iter().for_each(|config| begin(daemon, config));
    runner::ensure(daemon);
}

/// Changes that run checks now.
fn running(daemon: &Daemon) -> Vec<Id> {
    daemon.store.read(|state| {
        let checks = state.changes().filter(|change| is_kind(&change.kind));
        checks.filter(|change| !state.status(change).is_ready()).map(|change| change.id).collect()
    })
}

fn config_of(plan: &Plan, name: &str) -> Option<Config> {
    let mut check = plan.checks.get(name)?.clone();
    if let Some(exec) = &mut check.exec
        && let Some(service) = plan.services.get(&exec.service_context)
    {
        let mut environment = (*service.environment).clone();
        environment.extend(exec.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
        exec.environment = environment.into_iter().collect();
        if exec.user.is_empty() && exec.user_id.is_none() {
            (exec.user, exec.user_id) = (service.user.clone(), service.user_id);
        }
        if exec.group.is_empty() && exec.group_id.is_none() {
            (exec.group, exec.group_id) = (service.group.clone(), service.group_id);
        }
        if exec.working_dir.is_empty() {
            exec.working_dir.clone_from(&service.working_dir);
        }
    }
    Some(Config { name: name.to_owned(), check })
}

fn begin(daemon: &Daemon, config: Config) {
    let details = Details { name: config.name.clone(), ..Details::default() };
    let change = add_change(daemon, PERFORM, config, &details);
    let config = daemon.checks.configs.borrow()[&change].clone();
    daemon.checks.update(&config, Some(change), None, (0, 0));
}

fn add_change(daemon: &Daemon, kind: &str, config: impl Into<Rc<Config>>, details: &Details) -> Id {
    let config = config.into();
    let verb = if kind == PERFORM { "Perform" } else { "Recover" };
    let of = match &config.check {
        Check { http: Some(_), .. } => "HTTP",
        Check { tcp: Some(_), .. } => "TCP",
        _ => "exec",
    };
    let summary = format!("{verb} {of} check {}", quote(&config.name));
    let change = daemon.store.write(|state| {
        let now = Time::now();
        let task = state.new_task(kind, summary.clone(), now);
        set_details(state, task, details);
        state.new_check_change(kind, summary, &config.name, task, now)
    });
    daemon.checks.configs.borrow_mut().insert(change, config);
    change
}

fn set_details(state: &mut State, task: Id, details: &Details) {
    // Serialising numbers and texts can't fail.
    state.set_task_data(task, DETAILS, serde_json::to_value(details).unwrap_or_default());
}

fn details_of(state: &State, task: Id) -> Details {
    let value = state.task(task).and_then(|task| task.data.get(DETAILS).cloned()).unwrap_or_default();
    serde_json::from_value(value).unwrap_or_default()
}

/// Takes note of a check's task that has ended: the other kind of change takes over if it says so.
pub(crate) fn ended(daemon: &Rc<Daemon>, task: Id) {
    let found = daemon.store.read(|state| {
        let found = state.task(task)?;
        Some((found.kind.clone(), found.change?, found.status(), details_of(state, task)))
    });
    let Some((kind, change, status, details)) = found else { return };
    let Some(config) = daemon.checks.configs.borrow_mut().remove(&change) else { return };
    let (next, counts) = match (kind.as_str(), status) {
        (PERFORM, Status::Error) => (RECOVER, details.clone()),
        (RECOVER, Status::Done) => (PERFORM, Details { name: details.name.clone(), ..Details::default() }),
        _ => return,
    };
    if details.proceed {
        let next = add_change(daemon, next, config.clone(), &Details { proceed: false, ..counts });
        daemon.checks.update(&config, Some(next), Some(change), (details.successes, details.failures));
    }
}

/// Starts checks by name; returns those that did not run.
///
/// # Errors
/// A name is not in the plan, in Pebble's words.
pub(crate) fn start(daemon: &Rc<Daemon>, names: &[String]) -> Result<Vec<String>, String> {
    let plan = daemon.plan.borrow().plan().clone();
    known(&plan, names)?;
    let mut started = Vec::new();
    for name in names.iter().filter(|name| daemon.checks.change(name).is_none()) {
        if daemon.checks.change(name).is_none()
            && let Some(config) = config_of(&plan, name)
        {
            begin(daemon, config);
            started.push(name.clone());
        }
    }
    runner::ensure(daemon);
    Ok(started)
}

/// Stops checks by name; returns those that ran. Their counts stay.
///
/// # Errors
/// A name is not in the plan, in Pebble's words.
pub(crate) fn stop(daemon: &Rc<Daemon>, names: &[String]) -> Result<Vec<String>, String> {
    let plan = daemon.plan.borrow().plan().clone();
    known(&plan, names)?;
    let mut stopped = Vec::new();
    for name in names {
        let Some(change) = daemon.checks.change(name) else { continue };
        daemon.store.write(|state| state.abort(change, Time::now()));
        if let Some(config) = config_of(&plan, name) {
            let (previous, counts) =
                daemon.checks.with(name, |entry| (entry.previous, (entry.successes, entry.failures)));
            daemon.checks.update(&config, None, previous, counts);
        }
        stopped.push(name.clone());
    }
    runner::ensure(daemon);
    Ok(stopped)
}

fn known(plan: &Plan, names: &[String]) -> Result<(), String> {
    let mut missing: Vec<String> = names.iter().filter(|name| !plan.checks.contains_key(*name)).cloned().collect();
    missing.sort();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("cannot find checks in plan: {}", pebble::plan::listed(&missing, ", ")))
}

/// Starts the checks that are enabled and don't run, as part of a replan.
pub(crate) fn replan(daemon: &Rc<Daemon>) {
    let plan = daemon.plan.borrow().plan().clone();
    let enabled = plan.checks.iter().filter(|(_, check)| check.startup != Startup::Disabled);
    for name in enabled.map(|(name, _)| name).filter(|name| daemon.checks.change(name).is_none()) {
        if let Some(config) = config_of(&plan, name) {
            begin(daemon, config);
        }
    }
    runner::ensure(daemon);
}

/// Runs a check at once; returns its state afterwards, and the error of the run.
pub(crate) async fn refresh(daemon: &Rc<Daemon>, name: &str) -> Option<Refreshed> {
    let config = config_of(daemon.plan.borrow().plan(), name)?;
    let info = || daemon.checks.with(name, |entry| entry.info(name));
    if daemon.checks.change(name).is_some() {
        let refreshes = daemon.checks.with(name, |entry| entry.refreshes.clone());
        return Some(refreshes.ask().await.unwrap_or_else(|_| (info(), Ok(()))));
    }
    let outcome = once(daemon, &config).await.map_err(|failure| failure.whole());
    Some((info(), outcome))
}

/// Runs a check once, within its timeout.
async fn once(daemon: &Daemon, config: &Config) -> Result<(), probe::Failure> {
    let limit = config.check.effective_timeout();
    let outcome = match limit > Span::ZERO {
        true => timeout(limit.to_std(), probe::run(daemon, &config.check)).await.ok(),
        false => None,
    };
    outcome.unwrap_or_else(|| Err(format!("check timed out after {limit}").into()))
}
