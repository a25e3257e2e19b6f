//! Results of a run that are not part of the state.

use crate::model::{Action, Call, Finished, LogLine, Model, counts};
use juju::{Deferred, Occurred, SecretId, Status, UnitName};
use pebble_fake::ExecCall;
use std::collections::BTreeMap;

/// Results of a run that are not part of the state.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// The charm's log lines, oldest first.
    pub log: Vec<LogLine>,
    /// The unit's earlier statuses, oldest first; the present one is in the state.
    pub unit_status_history: Vec<Status>,
    /// The application's earlier statuses, oldest first; the present one is in the state.
    pub app_status_history: Vec<Status>,
    /// The workload's earlier versions, oldest first; the present one is in the state.
    pub workload_version_history: Vec<String>,
    /// The removed revisions of the charm's own secrets; without a number all of them.
    pub removed_secret_revisions: Vec<(SecretId, Option<u64>)>,
    /// The number of requested instances of each storage.
    pub requested_storages: BTreeMap<String, u32>,
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
    /// What a hook of a unit did. The event remove leaves no unit.
    pub(super) fn of(model: &Model, unit: &UnitName, hook: Finished, emitted: Vec<Occurred>) -> Records {
        let (own, app) = (model.world().unit(unit), model.world().applications.get(unit.app()));
        Records {
            log: model.log().lines().cloned().collect(),
            unit_status_history: own.map(|unit| unit.status_history.clone()).unwrap_or_default(),
            app_status_history: app.map(|app| app.status_history.clone()).unwrap_or_default(),
            workload_version_history: app.map(|app| app.version_history.clone()).unwrap_or_default(),
            removed_secret_revisions: hook.removed_secret_revisions,
            requested_storages: hook.requested_storages,
            calls: hook.calls,
            action: hook.action,
            execs: Vec::new(),
            emitted,
            warnings: Vec::new(),
            deferred: own.map(|unit| Deferred::in_state(&unit.state)).unwrap_or_default(),
        }
    }

    /// The number of calls of each tool.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        counts(&self.calls)
    }

    /// The names of [`Records::emitted`], with underscores as in handlers' names.
    pub fn emitted_events(&self) -> Vec<String> {
        self.emitted.iter().map(|occurred| occurred.to_string().replace('-', "_")).collect()
    }
}
