//! Results of a run that are not part of the state.

use crate::model::{Action, Call, LogLine, counts};
use juju::{Deferred, Occurred, Status};
use pebble_fake::ExecCall;
use std::collections::BTreeMap;

/// Results of a run that are not part of the state.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The charm's log lines, oldest first.
    pub log: Vec<LogLine>,
    /// The unit's earlier statuses, oldest first; the present one is in the state.
    pub unit_status_history: Vec<Status>,
    /// The hook-tool calls in order.
    pub calls: Vec<Call>,
    /// The action, if the event was an action.
    pub action: Option<Action>,
    /// The commands that ran in the containers of the state, each with its container.
    pub execs: Vec<(String, ExecCall)>,
    /// The occurrences that the charm's handlers were called for, in order: events that were deferred earlier, the event, those
    /// that handlers emitted, and the collections of statuses.
    pub emitted: Vec<Occurred>,
    /// The events that wait for the next hook, oldest first.
    pub deferred: Vec<Deferred>,
    /// Sentences about a state or event that Juju can produce and that is seldom what a test is after: pebble-ready of a container
    /// that can't be connected to, check-failed of a check that is up, a subordinate without its principal.
    pub warnings: Vec<String>,
}

impl Records {
    /// The number of calls of each tool.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        counts(&self.calls)
    }

    /// The names of [`Records::emitted`], with underscores as in handlers' names.
    pub fn emitted_events(&self) -> Vec<String> {
        self.emitted.iter().map(|occurred| occurred.to_string().replace('-', "_")).collect()
    }
}
