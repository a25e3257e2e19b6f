//! From what was seen, decided and done to what Juju is told. Pure, and the only inventor of statuses.

mod failure;

use std::collections::{BTreeMap, BTreeSet};

use juju::{Port, Status, StatusKind};

use crate::answer::Answer;
use crate::hold::Hold;
use crate::observe::Seen;
use crate::perform::Done;
use crate::steps::{DatabagWrite, Steps};

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
    pub answer: Option<Answer>,
    /// Details for the log.
    pub log: Vec<String>,
}

/// Concludes.
#[must_use]
pub fn report(seen: &Seen, steps: &Steps, done: &Done) -> Report {
    let mut report = Report { databags: steps.databags.clone(), answer: steps.answer.clone(), ..Report::default() };
    if !steps.judged {
        return report;
    }
    let holds = holds(steps, done);
    report.log = holds.iter().filter(|hold| !hold.log.is_empty()).map(|hold| log_line(hold, steps)).collect();
    report.status = Some(status(&holds, steps));
    report.remember = news(seen, steps.effects.iter().take(done.completed).filter_map(|step| step.remember.clone()));
    if holds.is_empty() {
        report.open = steps.ports.difference(&seen.ports).cloned().collect();
        report.close = seen.ports.difference(&steps.ports).cloned().collect();
        report.remember.extend(news(seen, steps.remember.clone()));
    }
    report
}

/// What the unit doesn't remember already.
fn news(seen: &Seen, facts: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    facts.into_iter().filter(|(key, value)| seen.state.get(key) != Some(value)).collect()
}

/// Every reason: those known beforehand, then the step that failed.
fn holds(steps: &Steps, done: &Done) -> Vec<Hold> {
    let failed = done.failure.as_ref().zip(steps.effects.get(done.completed));
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
