//! Read-outs: what the charm has done so far.

use super::{Done, Harness};
use crate::model::{Call, LogLine};
use juju::{Charm, Event, Port, Status, UnitName, Whose};
use std::collections::BTreeSet;

/// The key of the unit's state under which the framework keeps deferred events.
const DEFERRED: &str = "juju.deferred";

#[derive(serde::Deserialize)]
struct Deferred {
    handler: String,
    event: Event,
}

impl<C: Charm> Harness<C> {
    /// The names of the events that the charm got, oldest first, with underscores as in handlers' names.
    pub fn emitted_events(&self) -> Vec<String> {
        self.emitted.iter().map(|event| event.name().replace('-', "_")).collect()
    }

    /// The events that the charm got, with their data, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.emitted
    }

    /// The status of the unit; `None` if it is unknown.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn unit_status(&self) -> Done<C, Option<Status>> {
        Ok(self.model.status(&self.unit, Whose::Unit)?)
    }

    /// The status of the application; `None` if it is unknown.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn app_status(&self) -> Done<C, Option<Status>> {
        Ok(self.model.status(&self.unit, Whose::App)?)
    }

    /// The unit's earlier statuses, oldest first.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn status_history(&self) -> Done<C, &[Status]> {
        Ok(&self.model.unit(&self.unit)?.status_history)
    }

    /// The application's earlier statuses, oldest first.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn app_status_history(&self) -> Done<C, &[Status]> {
        Ok(&self.model.application(self.unit.app())?.status_history)
    }

    /// The workload's earlier versions, oldest first.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn workload_version_history(&self) -> Done<C, &[String]> {
        Ok(&self.model.application(self.unit.app())?.version_history)
    }

    /// The version of the workload; empty before the charm tells it.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn workload_version(&self) -> Done<C, &str> {
        Ok(self.model.workload_version(self.unit.app())?)
    }

    /// The ports that the unit has opened.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn opened_ports(&self) -> Done<C, &BTreeSet<Port>> {
        Ok(self.model.ports(&self.unit)?)
    }

    /// The charm's log lines, oldest first.
    pub fn log_lines(&self) -> impl Iterator<Item = &LogLine> {
        self.model.log().lines()
    }

    /// Number of the charm's `juju-reboot` calls that took effect.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn reboot_count(&self) -> Done<C, u32> {
        Ok(self.model.reboots(&self.unit)?)
    }

    /// The names of the deferred events, oldest first, each with the name that its handler defers under.
    ///
    /// # Errors
    /// The unit was removed.
    pub fn deferred_events(&self) -> Done<C, Vec<(String, String)>> {
        let queue = self.model.state(&self.unit)?.get(DEFERRED).cloned().unwrap_or_else(|| "[]".to_owned());
        let queue: Vec<Deferred> = serde_json::from_str(&queue).expect("the framework writes its queue as JSON");
        Ok(queue.into_iter().map(|deferred| (deferred.event.name(), deferred.handler)).collect())
    }

    /// The hook-tool calls since the harness was made, or since the last reset.
    pub fn backend_calls(&self) -> &[Call] {
        &self.calls
    }

    /// Forgets the hook-tool calls so far, and returns them.
    pub fn take_backend_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }

    /// The units of a relation, as the charm sees them, by name.
    ///
    /// # Errors
    /// There is no such relation.
    pub fn relation_units(&self, id: juju::RelationId) -> Done<C, Vec<UnitName>> {
        Ok(self.relation(id)?.counterparts(&self.unit).cloned().collect())
    }
}
