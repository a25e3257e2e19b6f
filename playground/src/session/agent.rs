//! The unit agents: which hooks run, and how they went.

use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use juju::{Event, UnitName, WorkloadEvent, WorkloadKind};
use juju_testing::{DispatchError, DispatchOptions, Dispatched, dispatch_process};
use rock::Work;

use super::{HOOK, Session};
use crate::children;
use crate::pod::Pod;
use crate::provider::Kind;

/// How long nothing is said of a hook that runs.
const TELL: Duration = Duration::from_secs(1);

/// How long a hook has for its own end, once the end of everything is asked for.
const HURRY: Duration = Duration::from_secs(3);

/// How many lines of a failed hook's standard error are kept.
const LAST_WORDS: usize = 15;

/// What a unit agent does.
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

/// What is known of a unit besides what the model knows.
#[derive(Debug, Default)]
pub(super) struct Agent {
    pub(super) doing: Doing,
    pub(super) pod: Option<Pod>,
    /// The charm hasn't been told yet that its Pebble answers.
    pub(super) is_news: bool,
    pub(super) stderr: VecDeque<String>,
}

impl Session {
    /// What a unit's agent does.
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
                // The unit is there, or has just gone.
                let _ = self.server.with(|model| model.push(&unit, event.clone()));
            }
        }
    }

    /// Runs hooks, and has the servers answer what charms ask, until there is nothing left to do or something fails.
    /// Says whether all went well.
    pub fn settle(&self) -> bool {
        let mut failed = BTreeSet::new();
        loop {
            let due = self.due(&failed);
            if due.is_empty() {
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

    /// The units that have something to do, but for those whose hook has `failed` just now.
    fn due(&self, failed: &BTreeSet<UnitName>) -> Vec<UnitName> {
        let has_event = |unit: &UnitName| self.server.with(|model| model.next_event(unit)).is_some();
        let has_news = |unit: &UnitName| self.state().agents.get(unit).is_some_and(|agent| agent.is_news);
        let is_due = |unit: &UnitName| !failed.contains(unit) && (has_event(unit) || has_news(unit));
        self.units().into_iter().filter(is_due).collect()
    }

    /// Has the servers answer. Says whether there is news for the charm; nothing where that failed.
    fn answer_relations(&self) -> Option<bool> {
        let mut providers = self.providers();
        let answered = providers.reconcile(&self.server);
        let urls = Kind::ALL.into_iter().filter_map(|kind| Some((kind, providers.url(kind)?))).collect();
        drop(providers);
        self.state().urls = urls;
        self.state().problems.answers = answered.as_ref().err().map(|error| crate::chain(error));
        answered.inspect_err(|error| self.ui.step(&crate::chain(error))).ok()
    }

    /// Runs the hooks of several units side by side, and returns the units where one failed.
    fn run_units(&self, units: &[UnitName]) -> Vec<UnitName> {
        thread::scope(|scope| {
            let agents: Vec<_> = units.iter().map(|unit| (unit, scope.spawn(|| self.run_hooks(unit)))).collect();
            let failed =
                agents.into_iter().filter_map(|(unit, agent)| (!agent.join().unwrap_or(false)).then_some(unit));
            failed.cloned().collect()
        })
    }

    /// Runs a unit's hooks until it has none. What it has of its own comes before the news of its Pebble, as in a cluster
    /// whose containers are quick.
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
            if agent_has_news {
                let container = self.names.container.clone();
                let event = Event::Workload(WorkloadEvent { container, kind: WorkloadKind::PebbleReady });
                // The unit is there, or has just gone.
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
        let mut options = DispatchOptions::new(&self.places.tools);
        options.containers_dir = Some(self.places.containers_of(unit));
        options.timeout = HOOK;
        let (ended, end) = mpsc::channel::<()>();
        thread::scope(|scope| {
            scope.spawn(move || self.hurry(unit, event, &end));
            let ran = dispatch_process(&self.server, unit, event, &self.places.charm, &options);
            drop(ended);
            ran
        })
    }

    /// Waits for a hook to end, and says so ever more rarely when that takes its time. When the end of everything is asked for meanwhile, the
    /// pods go first, which most of what a charm waits for doesn't survive; a charm that goes on is killed.
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

    /// A charm's last words are part of the log: they may be all that tells why.
    fn keep_stderr(&self, unit: &UnitName, text: &str) {
        let lines: Vec<_> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
        last.iter().for_each(|line| self.ui.detail(line));
        let mut state = self.state();
        state.agents.entry(unit.clone()).or_default().stderr = last.iter().map(|line| (*line).to_owned()).collect();
    }
}
