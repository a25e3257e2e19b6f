//! The report to Juju, from the state, the steps and their outcome. Pure. Every status but the maintenance status comes
//! from here.

mod failure;

use std::collections::{BTreeMap, BTreeSet};

use juju::{Hold, Port, Status, StatusKind};

use crate::action_result::ActionResult;
use crate::perform::{Done, Failure};
use crate::seen::Seen;
use crate::steps::{DatabagWrite, Step, Steps};

/// Report to Juju. An empty field leaves the value in Juju as it is.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// Status of the unit. On the leader it is the application's too.
    pub status: Option<Status>,
    /// Ports to open.
    pub open: BTreeSet<Port>,
    /// Ports to close.
    pub close: BTreeSet<Port>,
    /// Changes of databags.
    pub databags: Vec<DatabagWrite>,
    /// Changes of the unit's stored state.
    pub remember: BTreeMap<String, String>,
    /// Result of the action.
    pub action_result: Option<ActionResult>,
    /// Lines for `juju debug-log`.
    pub log: Vec<String>,
}

/// Makes the report. Ports change and values are stored only if the workload reached the desired state; values of
/// single steps are stored in any case.
#[must_use]
pub fn report(seen: &Seen, steps: &Steps, done: &Done) -> Report {
    let mut report =
        Report { databags: steps.databags.clone(), action_result: action_result(steps, done), ..Report::default() };
    if !steps.judged {
        return report;
    }
    let holds = holds(steps, done);
    report.log = holds.iter().filter(|hold| !hold.log.is_empty()).map(|hold| log_line(hold, steps)).collect();
    report.status = Some(status(&holds, steps));
    let done = steps.effects.iter().take(done.completed).filter_map(|step| step.remember.clone());
    let mut facts: BTreeMap<_, _> = done.collect();
    if holds.is_empty() {
        report.open = steps.ports.difference(&seen.ports).cloned().collect();
        report.close = seen.ports.difference(&steps.ports).cloned().collect();
        facts.extend(steps.remember.clone());
    }
    report.remember = news(seen, facts);
    report
}

/// Values that differ from the stored state.
fn news(seen: &Seen, facts: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    facts.into_iter().filter(|(key, value)| seen.state.get(key) != Some(value)).collect()
}

/// Result of the action: of its own step if it has one, else the one decided before the effects.
fn action_result(steps: &Steps, done: &Done) -> Option<ActionResult> {
    let own = steps.effects.iter().enumerate().find_map(|(at, step)| Some((at, step, step.action_result.as_ref()?)));
    let Some((at, own, action_result)) = own else { return without_effect(steps, done).or_else(|| known(steps)) };
    if done.completed > at {
        return Some(action_result.clone());
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

/// Result that was decided before the effects.
fn known(steps: &Steps) -> Option<ActionResult> {
    match steps.action_result.as_ref()? {
        ActionResult::Failure(why) => Some(ActionResult::Failure(steps.secrets.apply(why))),
        results @ ActionResult::Results(_) => Some(results.clone()),
    }
}

/// Fails the action if the workload does not use the new key yet.
fn without_effect(steps: &Steps, done: &Done) -> Option<ActionResult> {
    steps.action_result.as_ref().filter(|action_result| matches!(action_result, ActionResult::Results(_)))?;
    let Status { message, .. } = Hold::status(&holds(steps, done))?;
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
    let failed = failed(steps, done).filter(|(_, step)| step.action_result.is_none());
    let failed = failed.map(|(failure, step)| failure::hold(step, failure));
    steps.holds.iter().cloned().chain(failed).collect()
}

fn status(holds: &[Hold], steps: &Steps) -> Status {
    let status = Hold::status(holds);
    let status = status.unwrap_or(Status { kind: StatusKind::Active, message: String::new() });
    Status { message: shortened(&steps.secrets.apply(&status.message)), ..status }
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
