//! Records that clients ask for: changes and signals.

use std::collections::BTreeMap;

use pebble::plan::quote;
use pebble::types::{Change, ExecOutput, Progress, Signal, Task, Time};
use serde_json::json;

use crate::exec::{ExecCall, ExecReply, timed_out};
use crate::{Pebble, clock};

impl Pebble {
    /// Sends a signal to running services.
    ///
    /// # Errors
    /// A service does not run, or there is no such signal; in Pebble's words.
    pub fn signal(&mut self, signal: &str, services: &[String]) -> Result<(), String> {
        let running = self.services();
        let runs = |name: &String| running.iter().any(|info| info.name == *name && info.is_running());
        for name in services {
            let why = match runs(name) {
                false => "service is not running".to_owned(),
                true if !is_known(signal) => format!("invalid signal name {}", quote(signal)),
                true => {
                    self.signals.push((signal.to_owned(), name.clone()));
                    continue;
                }
            };
            return Err(format!("cannot send signal to {}: {why}", quote(name)));
        }
        Ok(())
    }

    /// Records a change that has ended, and returns its id.
    pub(crate) fn record(&mut self, kind: &str, err: Option<String>) -> String {
        let status = if err.is_some() { "Error" } else { "Done" };
        let id = self.new_change(kind, &format!("{kind} services"));
        self.end_change(&id, status, err, &BTreeMap::new());
        id
    }

    /// Records a command that begins; returns the ids of its change and task.
    pub(crate) fn begin_exec(&mut self, call: &ExecCall) -> (String, String) {
        let name = call.command.first().map_or("", String::as_str);
        let id = self.new_change("exec", &format!("Execute command {}", quote(name)));
        let task = self.changes[&id].tasks[0].id.clone();
        (id, task)
    }

    /// Ends a command's change, and returns its outputs.
    pub(crate) fn end_exec(&mut self, change: &str, call: ExecCall, reply: ExecReply) -> ExecOutput {
        let (output, err) = match reply {
            ExecReply::Exits(output) => (output, None),
            ExecReply::TimesOut => (ExecOutput::default(), Some(timed_out(&call))),
        };
        let name = quote(call.command.first().map_or("", String::as_str));
        let err = err.map(|why| format!("cannot perform the following tasks:\n- exec command {name} ({why})"));
        if let Some(last) = self.exec_history.iter_mut().rev().find(|past| past.command == call.command) {
            *last = call;
        }
        let data = BTreeMap::from([("exit-code".to_owned(), json!(output.exit_code))]);
        let status = if err.is_some() { "Error" } else { "Done" };
        self.end_change(change, status, err, &data);
        output
    }

    fn new_change(&mut self, kind: &str, summary: &str) -> String {
        let id = (self.changes.len() + 1).to_string();
        let time = Time::from(clock::text(self.tick()));
        let task = Task {
            id: id.clone(),
            kind: kind.to_owned(),
            summary: summary.to_owned(),
            status: "Doing".to_owned(),
            progress: Progress { done: 0, total: 1, ..Progress::default() },
            spawn_time: time.clone(),
            ..Task::default()
        };
        let change = Change {
            id: serde_json::from_value(json!(id)).expect("an id is text"),
            kind: kind.to_owned(),
            summary: summary.to_owned(),
            status: "Doing".to_owned(),
            tasks: vec![task],
            spawn_time: time,
            ..Change::default()
        };
        self.changes.insert(id.clone(), change);
        id
    }

    fn end_change(&mut self, id: &str, status: &str, err: Option<String>, data: &BTreeMap<String, serde_json::Value>) {
        let time = Time::from(clock::text(self.tick()));
        let Some(change) = self.changes.get_mut(id) else { return };
        (change.ready, change.err, change.ready_time) = (true, err, Some(time.clone()));
        status.clone_into(&mut change.status);
        for task in &mut change.tasks {
            status.clone_into(&mut task.status);
            (task.ready_time, task.progress.done) = (Some(time.clone()), 1);
            task.data.clone_from(data);
        }
    }
}

/// True for the exact name of a signal.
fn is_known(name: &str) -> bool {
    Signal::ALL.iter().any(|signal| signal.as_str() == name)
}
