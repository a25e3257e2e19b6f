//! The report to Juju, from the state, the steps and their outcome. Pure. Every status but the maintenance status comes
//! from here.

mod command;
mod failure;

use std::collections::BTreeSet;

use juju::{Hold, Port, Status, StatusKind};

use crate::action_result::ActionResult;
use crate::memory::Memory;
use crate::perform::{Done, Failure};
use crate::seen::Seen;
use crate::steps::{RelationWrite, Step, Steps};

/// Report to Juju. An empty field leaves the value in Juju as it is.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// Status of the unit. On the leader it is the application's too.
    pub status: Option<Status>,
    /// Ports to open.
    pub open: BTreeSet<Port>,
    /// Ports to close.
    pub close: BTreeSet<Port>,
    /// Changes of our half of the relations.
    pub relations: Vec<RelationWrite>,
    /// Values to store.
    pub memory: Memory,
    /// Result of the action.
    pub action_result: Option<ActionResult>,
    /// Lines for `juju debug-log`.
    pub log: Vec<String>,
}

/// Makes the report. Ports change and values are stored only if the workload reached the desired state; values of
/// single steps are stored in any case.
#[must_use]
pub fn report(seen: &Seen, steps: &Steps, done: &Done) -> Report {
    let mut report = Report {
        relations: steps.relations.clone(),
        action_result: action_result(steps, done),
        log: warnings(steps),
        ..Report::default()
    };
    if !steps.judged {
        return report;
    }
    let holds = holds(steps, done);
    report.log.extend(holds.iter().filter(|hold| !hold.log.is_empty()).map(|hold| log_line(hold, steps)));
    report.status = Some(status(&holds, steps));
    let completed = steps.effects.iter().take(done.completed).map(|step| step.on_success.memory.clone());
    let mut memory = completed.fold(Memory::default(), |earlier, later| later.or(earlier));
    if holds.is_empty() {
        report.open = steps.ports.difference(&seen.ports).cloned().collect();
        report.close = seen.ports.difference(&steps.ports).cloned().collect();
        memory = steps.on_success.memory.clone().or(memory);
        let later = &steps.on_success.relations;
        report.relations.retain(|earlier| later.iter().all(|write| write.view.id != earlier.view.id));
        report.relations.extend(later.iter().cloned());
    }
    memory.version.clone_from(&steps.version);
    memory.started.clone_from(&done.started);
    report.memory = memory.news(&seen.memory);
    report
}

/// Result of the action: its refusal, else the result of its own step, else of all steps.
fn action_result(steps: &Steps, done: &Done) -> Option<ActionResult> {
    if let Some(why) = &steps.refusal {
        return Some(ActionResult::Failure(steps.secrets.apply(why)));
    }
    if let Some(answer) = &steps.answer {
        return Some(answer.clone());
    }
    if let Some(result) = command::result(steps, done) {
        return Some(result);
    }
    let result = |step: &Step| step.on_success.action_result.clone();
    let own = steps.effects.iter().enumerate().find_map(|(at, step)| Some((at, step, result(step)?)));
    let Some((at, own, action_result)) = own else { return of_all(steps, done) };
    if done.completed > at {
        return Some(action_result);
    }
    let why = match failed(steps, done) {
        // Redact before cutting: a cut secret would not be recognised.
        Some((Failure::Exit { output, .. }, _)) if done.completed == at => {
            return Some(ActionResult::Failure(last_of(&steps.secrets.apply(output)).to_owned()));
        }
        Some((failure, step)) if done.completed == at => failure::hold(step, failure).message,
        Some((failure, step)) => format!("{}: {}", own.refused.message, failure::hold(step, failure).message),
        None => own.refused.message.clone(),
    };
    Some(ActionResult::Failure(steps.secrets.apply(&why)))
}

/// Result that depends on all steps. A failure if the workload does not use the new key yet.
fn of_all(steps: &Steps, done: &Done) -> Option<ActionResult> {
    let action_result = steps.on_success.action_result.clone()?;
    let Some(Status { message, .. }) = Hold::status(&holds(steps, done)) else { return Some(action_result) };
    let why = format!("the key is rotated, but the application does not use it yet: {message}");
    Some(ActionResult::Failure(steps.secrets.apply(&why)))
}

/// End of a command's output, at most [`LONGEST_ANSWER`] characters: an argument of a hook tool is limited.
fn last_of(output: &str) -> &str {
    let start = output.char_indices().rev().nth(LONGEST_ANSWER - 1).map_or(0, |(at, _)| at);
    &output[start..]
}

/// Failed step and its failure.
fn failed<'a>(steps: &'a Steps, done: &'a Done) -> Option<(&'a Failure, &'a Step)> {
    done.failure.as_ref().zip(steps.effects.get(done.completed))
}

/// All holds: those decided before the effects, then the failed step's unless it belongs to an action.
fn holds(steps: &Steps, done: &Done) -> Vec<Hold> {
    let failed = failed(steps, done).filter(|(_, step)| !step.is_of_action());
    let failed = failed.map(|(failure, step)| failure::hold(step, failure));
    steps.holds.iter().cloned().chain(failed).collect()
}

fn status(holds: &[Hold], steps: &Steps) -> Status {
    let status = Hold::status(holds);
    let status = status.unwrap_or_else(|| Status { kind: StatusKind::Active, message: steps.remarks.join("; ") });
    Status { message: shortened(&steps.secrets.apply(&status.message)), ..status }
}

/// Warnings without secrets, each in one line: they may quote other applications.
fn warnings(steps: &Steps) -> Vec<String> {
    steps.warnings.iter().map(|line| shortened(&steps.secrets.apply(line))).collect()
}

fn log_line(hold: &Hold, steps: &Steps) -> String {
    steps.secrets.apply(&format!("{}: {}", hold.message, hold.log))
}

/// Longest message of a failed action, in characters.
const LONGEST_ANSWER: usize = 4000;

/// Longest message of a status, in characters, that `juju status` shows whole.
const LONGEST_MESSAGE: usize = 400;

/// Cuts a message and replaces control characters: it may quote any output of an application.
fn shortened(message: &str) -> String {
    let line: String = message.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
