//! Unit agents: run the units' hooks, and keep their outcome.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use juju::{Event, UnitName, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchError, DispatchOptions, Dispatched, Model, ModelError, dispatch_process};
use rock::Work;

use super::launch::Launch;
use super::{HOOK, Kind, Session};
use crate::children;
use crate::pod::Pod;
use crate::provider::Answered;

/// Time after which a running hook is reported.
const TELL: Duration = Duration::from_secs(1);

/// Time for a hook to end by itself when the model ends, before it is killed.
const HURRY: Duration = Duration::from_secs(3);

/// Number of lines of a failed hook's standard error that are kept.
const LAST_WORDS: usize = 15;

/// Activity of a unit agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Doing {
    /// It waits.
    #[default]
    Nothing,
    /// It runs the hook.
    Running(String),
    /// The hook failed, and will be run again before any other.
    Failed(String),
}

/// State of a unit besides the model's.
#[derive(Debug, Default)]
pub(super) struct Agent {
    pub(super) doing: Doing,
    pub(super) pod: Option<Pod>,
    /// True until the pebble-ready event of its pod is queued.
    pub(super) is_news: bool,
    pub(super) stderr: VecDeque<String>,
}

impl Session {
    /// Activity of a unit's agent.
    #[must_use]
    pub fn doing(&self, unit: &UnitName) -> Doing {
        self.state().agents.get(unit).map(|agent| agent.doing.clone()).unwrap_or_default()
    }

    fn set_doing(&self, unit: &UnitName, doing: Doing) {
        self.state().agents.entry(unit.clone()).or_default().doing = doing;
    }

    /// Queues an event for every unit whose agent is free to run it.
    pub fn push_everywhere(&self, event: &Event) {
        for unit in self.units() {
            if self.doing(&unit) == Doing::Nothing {
                // Fails only if the unit has just gone.
                let _ = self.server.with(|model| model.push(&unit, event.clone()));
            }
        }
    }

    /// Runs hooks, and lets the servers answer the charms' requests, until no work is left or a step fails.
    /// Returns true if all went well.
    pub fn settle(&self) -> bool {
        let mut failed = BTreeSet::new();
        loop {
            let due = self.due(&failed);
            if due.is_empty() {
                if self.elect() {
                    continue;
                }
                let is_news = self.answer_relations();
                self.route();
                match is_news {
                    Some(true) => continue,
                    Some(false) => return failed.is_empty(),
                    None => return false,
                }
            }
            failed.extend(self.run_units(&due));
            if self.ui.cancel().is_thrown() {
                return false;
            }
        }
    }

    /// Gives the applications whose last leader is gone another one. Returns true if there were any.
    fn elect(&self) -> bool {
        let leaders = self.server.with(Model::elect);
        leaders.iter().for_each(|leader| self.ui.step(&format!("{leader} leads now")));
        !leaders.is_empty()
    }

    /// The units with hooks to run, without those whose hook has just `failed` and those whose machine isn't up yet.
    fn due(&self, failed: &BTreeSet<UnitName>) -> Vec<UnitName> {
        let has_event = |unit: &UnitName| self.server.with(|model| model.next_event(unit)).is_some();
        let has_news = |unit: &UnitName| self.state().agents.get(unit).is_some_and(|agent| agent.is_news);
        let is_due =
            |unit: &UnitName| !failed.contains(unit) && (has_event(unit) || has_news(unit)) && self.may_run_hooks(unit);
        self.units().into_iter().filter(is_due).collect()
    }

    /// True unless the unit's charm runs on a machine that isn't up.
    fn may_run_hooks(&self, unit: &UnitName) -> bool {
        let is_on_machine = self.application(unit.app()).is_some_and(|app| app.kind() == Kind::Machine);
        !is_on_machine || self.has_pod(&self.machine_of(unit))
    }

    /// Lets the servers answer. Returns true if there is news for the charm; `None` if that failed.
    fn answer_relations(&self) -> Option<bool> {
        let mut providers = self.providers();
        let Answered { is_news, failed } = providers.reconcile(&self.server);
        let (urls, units) = (providers.urls(), providers.units());
        drop(providers);
        let mut state = self.state();
        (state.urls, state.server_units) = (urls, units);
        drop(state);
        let failed: BTreeMap<_, _> = failed.iter().map(|(app, error)| (*app, crate::chain(error))).collect();
        failed.values().for_each(|why| self.ui.step(why));
        let news = failed.is_empty().then_some(is_news);
        self.state().problems.answers = failed;
        news
    }

    /// Runs the hooks of several units in parallel, and returns the units whose hook failed.
    fn run_units(&self, units: &[UnitName]) -> Vec<UnitName> {
        thread::scope(|scope| {
            let agents: Vec<_> = units.iter().map(|unit| (unit, scope.spawn(|| self.run_hooks(unit)))).collect();
            let failed =
                agents.into_iter().filter_map(|(unit, agent)| (!agent.join().unwrap_or(false)).then_some(unit));
            failed.cloned().collect()
        })
    }

    /// Runs all hooks of a unit; false if one fails. Queued events come before pebble-ready, as in a cluster with quick
    /// containers.
    fn run_hooks(&self, unit: &UnitName) -> bool {
        while let Some(event) = self.next(unit) {
            if self.ui.cancel().is_thrown() {
                return false;
            }
            let name = event.name();
            self.set_doing(unit, Doing::Running(name.clone()));
            let well = self.run(unit, &event);
            self.set_doing(unit, if well { Doing::Nothing } else { Doing::Failed(name) });
            if !well {
                return false;
            }
        }
        true
    }

    fn next(&self, unit: &UnitName) -> Option<Event> {
        let next = || self.server.with(|model| model.next_event(unit));
        next().or_else(|| {
            let agent_has_news =
                self.state().agents.get_mut(unit).is_some_and(|agent| std::mem::take(&mut agent.is_news));
            let app = self.application(unit.app()).filter(|app| agent_has_news && app.kind() != Kind::Machine);
            if let Some(app) = app {
                let container = app.prepared.container.clone();
                let event = Event::Workload(WorkloadEvent { container, kind: WorkloadKind::PebbleReady });
                // Fails only if the unit has just gone.
                let _ = self.server.with(|model| model.push(unit, event));
            }
            next()
        })
    }

    fn run(&self, unit: &UnitName, event: &Event) -> bool {
        let name = event.name();
        let dispatched = self.dispatch(unit, event);
        self.set_hook_problem(unit, dispatched.as_ref().err().map(|error| crate::chain(error)));
        match dispatched {
            Ok(ran) if ran.is_success() => {
                let status = self.status(unit).map(|status| format!(" → {status}")).unwrap_or_default();
                self.ui.step(&format!("{unit}: hook {name} ({} ms){status}", ran.wall.as_millis()));
                true
            }
            Ok(ran) => {
                let how = ran.exit.map_or_else(|| "was killed".to_owned(), |code| format!("ended with {code}"));
                self.ui.step(&format!("{unit}: hook {name} failed: the charm {how}"));
                self.keep_stderr(unit, &ran.stderr);
                false
            }
            Err(error) => {
                self.ui.step(&format!("{unit}: hook {name} failed: {}", crate::chain(&error)));
                false
            }
        }
    }

    fn dispatch(&self, unit: &UnitName, event: &Event) -> Result<Dispatched, DispatchError> {
        let app = self.application(unit.app()).ok_or_else(|| unknown(unit))?;
        let Launch { folder, variables } = self.launch(unit, &app)?;
        let mut options = DispatchOptions::new(&self.places.tools);
        (options.containers_dir, options.timeout) = (Some(self.places.containers_of(unit)), HOOK);
        options.variables = variables;
        let (ended, end) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || self.hurry(unit, event, &end));
            let ran = dispatch_process(&self.server, unit, event, &folder, &options);
            drop(ended);
            ran
        })
    }

    /// Waits for a hook to end, and reports a long one ever more rarely. When the model is to end meanwhile, it ends
    /// the pods, which ends most waits of a charm, and kills a charm that goes on.
    fn hurry(&self, unit: &UnitName, event: &Event, end: &Receiver<()>) {
        let has_ended = |patience| end.recv_timeout(patience) != Err(RecvTimeoutError::Timeout);
        let (started, mut tell) = (Instant::now(), TELL);
        while !has_ended(Duration::from_millis(50)) {
            if started.elapsed() > tell {
                self.ui.step(&format!("{unit}: hook {} has been running for {} s", event.name(), tell.as_secs()));
                tell *= 2;
            }
            if self.ui.cancel().is_thrown() {
                self.end_pods();
                if !has_ended(HURRY) {
                    children::kill();
                }
                return;
            }
        }
    }

    /// Keeps the end of a charm's standard error for the log, because it may be the only hint at the cause.
    fn keep_stderr(&self, unit: &UnitName, text: &str) {
        let lines: Vec<_> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
        last.iter().for_each(|line| self.ui.detail(line));
        let mut state = self.state();
        state.agents.entry(unit.clone()).or_default().stderr = last.iter().map(|line| (*line).to_owned()).collect();
    }
}

/// The application of the unit has just gone.
pub(super) fn unknown(unit: &UnitName) -> DispatchError {
    DispatchError::Model { source: ModelError::UnknownApplication(unit.app().to_owned()) }
}
