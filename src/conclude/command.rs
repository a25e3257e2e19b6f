//! The result of an action that is a command of the author's.

use std::collections::BTreeMap;

use super::{failed, failure, last_of};
use crate::action_result::ActionResult;
use crate::perform::{Done, Failure};
use crate::steps::{Action, Run, Steps};

/// Result of the command: output and exit code. `None` if the event runs none. A command that fails, or does not end
/// within its limit, fails the action.
pub(super) fn result(steps: &Steps, done: &Done) -> Option<ActionResult> {
    let own = steps.effects.iter().enumerate().find_map(|(at, step)| match &step.action {
        Action::Run(run) if run.reports => Some((at, run, &step.refused.message)),
        _ => None,
    });
    let (at, run, refused) = own?;
    if done.completed > at {
        let output = done.output.as_deref().unwrap_or_default();
        return Some(ActionResult::Results(exited(0, &steps.secrets.apply(output))));
    }
    let (why, results) = match failed(steps, done) {
        Some((Failure::Exit { code, output }, _)) if done.completed == at => exit(*code, &steps.secrets.apply(output)),
        Some((failure, step)) if done.completed == at => {
            let timeout = matches!(failure, Failure::Pebble(pebble::Error::ExecTimeout { .. }));
            let message = failure::hold(step, failure).message;
            if timeout { timed_out(refused, run) } else { (message, BTreeMap::new()) }
        }
        Some((failure, step)) => (format!("{refused}: {}", failure::hold(step, failure).message), BTreeMap::new()),
        None => (refused.clone(), BTreeMap::new()),
    };
    Some(ActionResult::Failed { why: steps.secrets.apply(&why), results })
}

/// Result of a command that exited with an error code. The reason is the line of its output that says why.
fn exit(code: i32, output: &str) -> (String, BTreeMap<String, String>) {
    let said = reason::line(output).map(|line| format!(": {line}")).unwrap_or_default();
    (format!("exit code {code}{said}"), exited(code, output))
}

fn exited(code: i32, output: &str) -> BTreeMap<String, String> {
    let output = last_of(output).to_owned();
    [("exit-code".to_owned(), code.to_string()), ("output".to_owned(), output)].into()
}

fn timed_out(refused: &str, run: &Run) -> (String, BTreeMap<String, String>) {
    let limit = format!("{}s", run.timeout.as_secs());
    let why = format!("{refused}: it did not end within {limit}, its timeout in webcharm.yaml, and was killed");
    (why, [("timeout".to_owned(), limit)].into())
}
