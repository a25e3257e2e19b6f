//! From what was seen, decided and done to what Juju is told. Pure, and the only inventor of statuses.

mod failure;

use std::collections::{BTreeMap, BTreeSet};

use juju::{Port, Status, StatusKind};

use crate::action_result::ActionResult;
use crate::hold::Hold;
use crate::perform::{Done, Failure};
use crate::seen::Seen;
use crate::steps::{DatabagWrite, Step, Steps};

/// What Juju is told. `None`, or nothing in it: that stays as it is.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// The unit's status; the leader's is also the application's.
    pub status: Option<Status>,
    /// Ports to open.
    pub open: BTreeSet<Port>,
    /// Ports to close.
    pub close: BTreeSet<Port>,
    /// Changes of databags.
    pub databags: Vec<DatabagWrite>,
    /// Changes of the unit's memory.
    pub remember: BTreeMap<String, String>,
    /// What the action is told.
    pub action_result: Option<ActionResult>,
    /// Details for the log.
    pub log: Vec<String>,
}

/// Concludes.
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

/// What the unit doesn't remember already.
fn news(seen: &Seen, facts: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    facts.into_iter().filter(|(key, value)| seen.state.get(key) != Some(value)).collect()
}

/// What an action is told: what was known beforehand, or what became of its own step.
fn action_result(steps: &Steps, done: &Done) -> Option<ActionResult> {
    let own = steps.effects.iter().enumerate().find_map(|(at, step)| Some((at, step, step.action_result.as_ref()?)));
    let Some((at, own, action_result)) = own else { return without_effect(steps, done).or_else(|| known(steps)) };
    if done.completed > at {
        return Some(action_result.clone());
    }
    let why = match failed(steps, done) {
        // Redacted first: of a secret that is cut the rest would not be known for one.
        Some((Failure::Exit { output, .. }, _)) if done.completed == at => {
            return Some(ActionResult::Failure(last_of(&steps.secrets.apply(output)).to_owned()));
        }
        Some((failure, step)) if done.completed == at => failure::hold(step, failure).message,
        Some((failure, step)) => format!("{}: {}", own.refused.message, failure::hold(step, failure).message),
        None => own.refused.message.clone(),
    };
    Some(ActionResult::Failure(steps.secrets.apply(&why)))
}

/// The answer that was known before anything was done.
fn known(steps: &Steps) -> Option<ActionResult> {
    match steps.action_result.as_ref()? {
        ActionResult::Failure(why) => Some(ActionResult::Failure(steps.secrets.apply(why))),
        results @ ActionResult::Results(_) => Some(results.clone()),
    }
}

/// A success that the workload knows nothing of is none to the operator.
fn without_effect(steps: &Steps, done: &Done) -> Option<ActionResult> {
    steps.action_result.as_ref().filter(|action_result| matches!(action_result, ActionResult::Results(_)))?;
    let Status { message, .. } = Hold::status(&holds(steps, done))?;
    let why = format!("the key is rotated, but the application does not use it yet: {message}");
    Some(ActionResult::Failure(steps.secrets.apply(&why)))
}

/// As much of the end of what a command said as an operator reads, and an argument of a hook tool can hold.
fn last_of(output: &str) -> &str {
    let start = output.char_indices().rev().nth(LONGEST_ANSWER - 1).map_or(0, |(at, _)| at);
    &output[start..]
}

/// The step that failed, and why.
fn failed<'a>(steps: &'a Steps, done: &'a Done) -> Option<(&'a Failure, &'a Step)> {
    done.failure.as_ref().zip(steps.effects.get(done.completed))
}

/// Every reason: those known beforehand, then the step that failed, unless that's an action's own.
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

/// The longest answer to an action that failed.
const LONGEST_ANSWER: usize = 4000;

/// The longest message that `juju status` can still show.
const LONGEST_MESSAGE: usize = 400;

/// One line without control characters: what an application said last may be anything.
fn shortened(message: &str) -> String {
    let line: String = message.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    match line.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
