//! Hooks of a cluster: which is next, its begin and its end.

use super::{Cluster, ClusterError};
use crate::agent::Agent;
use crate::environment::JUJU_VERSION;
use crate::model::{HookId, Step};
use juju::{Backend, Charm, Event, UnitName};

/// The number of hooks that [`ClusterError::NotQuiet`] names.
pub(super) const LAST: usize = 12;

/// A charm's dispatch without its type; the error is the charm's with its causes.
pub(super) type Dispatch = fn(&juju::Context, &dyn Backend) -> Result<(), String>;

pub(super) fn dispatch<C: Charm>(context: &juju::Context, backend: &dyn Backend) -> Result<(), String> {
    juju::dispatch::<C>(context, backend).map_err(|error| juju::chain(&error))
}

/// A hook that has begun.
#[derive(Debug)]
pub(super) struct Open {
    unit: UnitName,
    event: Event,
    hook: HookId,
}

/// A hook that a unit has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The unit.
    pub unit: UnitName,
    /// The event.
    pub event: Event,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.unit, self.event.name())
    }
}

impl Cluster {
    /// Runs hooks and elections until none is due, and returns the number of hooks that ran.
    ///
    /// # Errors
    /// [`ClusterError::NotQuiet`] after `max` hooks; a charm fails.
    pub fn run_until_quiet(&mut self, max: usize) -> Result<usize, ClusterError> {
        let before = self.history.len();
        while self.step()? {
            if self.history.len() - before > max {
                let last = self.history.iter().rev().take(LAST).rev().map(Ran::to_string).collect();
                return Err(ClusterError::NotQuiet { max, last, seed: self.seed });
            }
        }
        Ok(self.history.len() - before)
    }

    /// Takes one step that can be next: begins a hook, ends one, or elects a leader. False if there is none.
    ///
    /// # Errors
    /// A charm fails.
    pub fn step(&mut self) -> Result<bool, ClusterError> {
        let steps = self.model.steps();
        let count = steps.len() + self.open.len();
        if count == 0 {
            return Ok(false);
        }
        let choice = self.dice.below(count);
        if choice >= steps.len() {
            let open = self.open.remove(choice - steps.len());
            return self.run(open).map(|()| true);
        }
        match steps.into_iter().nth(choice) {
            Some(Step::Election { unit }) => self.model.set_leader(&unit)?,
            Some(Step::Hook { unit, .. }) => self.begin(unit)?,
            None => {}
        }
        Ok(true)
    }

    /// Begins a hook of a unit: one of the events that can be next.
    fn begin(&mut self, unit: UnitName) -> Result<(), ClusterError> {
        let mut due = self.model.due_events(&unit);
        if due.is_empty() {
            return Ok(());
        }
        let event = due.swap_remove(self.dice.below(due.len()));
        let hook = self.model.begin(&unit, event.clone())?;
        self.open.push(Open { unit, event, hook });
        Ok(())
    }

    /// Runs the charm of a hook that has begun, and ends the hook.
    fn run(&mut self, open: Open) -> Result<(), ClusterError> {
        let Open { unit, event, hook } = open;
        let (dispatch, level) = *self.charms.get(unit.app()).expect("hooks are due for charms that were deployed here");
        let mut containers = self.workloads.keys().chain(self.supervisors.keys());
        let has_containers = containers.any(|(owner, _)| *owner == unit);
        let containers_dir = if has_containers { Some(self.dir(&unit)?.join("c")) } else { None };
        let agent = Agent { charm_dir: "/nonexistent/charm".into(), juju_version: JUJU_VERSION, containers_dir };
        let outcome = agent.run(&mut self.model, (&unit, &event, &hook), level, dispatch)?;
        self.model.finish(&hook, outcome.is_ok())?;
        if event == Event::Remove {
            self.workloads.retain(|(owner, _), _| *owner != unit);
            self.supervisors.retain(|(owner, _), _| *owner != unit);
        }
        let name = event.name();
        self.history.push(Ran { unit: unit.clone(), event });
        outcome.map_err(|error| ClusterError::UncaughtCharmError {
            unit: unit.to_string(),
            event: name,
            error,
            seed: self.seed,
        })
    }
}
