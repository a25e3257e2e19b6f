//! Tasks that run a check, again and again.

use std::rc::Rc;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{Config, Details, PERFORM, details_of, once, probe, set_details};
use crate::clock::Time;
use crate::daemon::Daemon;
use crate::runner::Abort;
use crate::service;
use crate::task::{Id, Level};

/// A check's task with its counts so far.
struct Run {
    task: Id,
    change: Id,
    config: Rc<Config>,
    details: Details,
}

/// Runs a check at each period and each refresh, until it fails too often, recovers, or the task is aborted.
pub(crate) async fn run(daemon: &Rc<Daemon>, task: Id, kind: &str, mut abort: Abort) -> Result<(), String> {
    let Some(mut run) = Run::new(daemon, task) else { return Ok(()) };
    let period = run.config.check.effective_period();
    let mut due = interval_at(Instant::now() + period, period);
    due.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let refreshes = daemon.checks.with(&run.config.name, |entry| entry.refreshes.clone());
    loop {
        let asker = tokio::select! {
            asker = refreshes.next() => {
                due.reset();
                Some(asker)
            }
            _ = due.tick() => None,
            () = abort.asked() => return Ok(()),
        };
        let outcome = tokio::select! {
            outcome = once(daemon, &run.config) => outcome,
            () = abort.asked() => return Ok(()),
        };
        let answer = outcome.as_ref().copied().map_err(probe::Failure::whole);
        let over = if kind == PERFORM { run.performed(daemon, outcome) } else { run.recovered(daemon, outcome) };
        if let Some(asker) = asker {
            let info = daemon.checks.with(&run.config.name, |entry| entry.info(&run.config.name));
            // The client may have left.
            let _ = asker.send((info, answer));
        }
        if let Some(end) = over {
            return end;
        }
    }
}

impl Run {
    fn new(daemon: &Daemon, task: Id) -> Option<Run> {
        let change = daemon.store.read(|state| state.task(task)?.change)?;
        let config = daemon.checks.configs.borrow().get(&change).cloned()?;
        let details = daemon.store.read(|state| details_of(state, task));
        Some(Run { task, change, config, details })
    }

    /// Counts a run of `perform-check`; returns the task's result if that ends it.
    fn performed(&mut self, daemon: &Rc<Daemon>, outcome: Result<(), probe::Failure>) -> Option<Result<(), String>> {
        match outcome {
            Ok(()) => {
                daemon.checks.with(&self.config.name, |entry| entry.succeeded += 1);
                self.details.successes += 1;
                let failures = std::mem::take(&mut self.details.failures);
                self.update(daemon);
                let plural = if failures == 1 { "" } else { "s" };
                let log = (failures > 0).then(|| (Level::Info, format!("succeeded after {failures} failure{plural}")));
                self.save(daemon, log);
                None
            }
            Err(failure) => {
                let threshold = self.count_failure(daemon);
                self.details.proceed = self.details.failures >= threshold;
                let log = (!self.details.proceed).then(|| (Level::Error, failure.whole()));
                self.save(daemon, log);
                self.note(daemon, threshold, &failure);
                if !self.details.proceed {
                    self.update(daemon);
                    return None;
                }
                let name = pebble::plan::quote(&self.config.name);
                daemon
                    .journal
                    .note(&format!("Check {name} threshold {threshold} hit, triggering action and recovering"));
                service::check_failed(daemon, &self.config.name);
                Some(Err(failure.whole()))
            }
        }
    }

    /// Counts a run of `recover-check`; returns the task's result if that ends it.
    fn recovered(&mut self, daemon: &Rc<Daemon>, outcome: Result<(), probe::Failure>) -> Option<Result<(), String>> {
        match outcome {
            Ok(()) => {
                daemon.checks.with(&self.config.name, |entry| entry.succeeded += 1);
                self.details = Details { successes: 1, failures: 0, proceed: true, ..self.details.clone() };
                self.save(daemon, None);
                Some(Ok(()))
            }
            Err(failure) => {
                let threshold = self.count_failure(daemon);
                self.update(daemon);
                self.save(daemon, Some((Level::Error, failure.whole())));
                self.note(daemon, threshold, &failure);
                None
            }
        }
    }

    fn count_failure(&mut self, daemon: &Daemon) -> i64 {
        daemon.checks.with(&self.config.name, |entry| entry.failed += 1);
        self.details.failures += 1;
        self.config.check.effective_threshold()
    }

    fn update(&self, daemon: &Daemon) {
        let previous = daemon.checks.with(&self.config.name, |entry| entry.previous);
        let counts = (self.details.successes, self.details.failures);
        daemon.checks.update(&self.config, Some(self.change), previous, counts);
    }

    fn save(&self, daemon: &Daemon, log: Option<(Level, String)>) {
        daemon.store.write(|state| {
            if let Some((level, text)) = log {
                state.log(self.task, level, &text, Time::now());
            }
            set_details(state, self.task, &self.details);
        });
    }

    fn note(&self, daemon: &Daemon, threshold: i64, failure: &probe::Failure) {
        let (name, failures) = (pebble::plan::quote(&self.config.name), self.details.failures);
        daemon.journal.note(&format!("Check {name} failure {failures}/{threshold}: {}", failure.short()));
    }
}
