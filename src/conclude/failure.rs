//! The hold of a failed step.

use juju::{Hold, chain};
use pebble::types::Change;

use crate::pebble_hold;
use crate::perform::Failure;
use crate::steps::{Action, Step};

/// Last lines of a command's output that go into the log.
const LOG_LINES: usize = 40;

/// Hold of a step with this failure.
pub(super) fn hold(step: &Step, failure: &Failure) -> Hold {
    match failure {
        Failure::Exit { code, output } => refused_run(step, *code, output),
        Failure::Silent => step.refused.clone(),
        Failure::Busy { what, id } => Hold::waiting(format!(
            "Waiting for an earlier change of Pebble's to end: {what} (change {id}); if it hangs, delete the pod"
        )),
        Failure::Pebble(pebble::Error::Change { change }) => refused_change(step, change),
        Failure::Pebble(error @ pebble::Error::Exec { message, .. }) => {
            let why = not_started(message);
            Hold::blocked(format!("cannot {}: {why}{}", step.action, way_out(why))).with_log(chain(error))
        }
        Failure::Pebble(error) => pebble_hold::of(&format!("cannot {}", step.action), error),
    }
}

/// Hold of a command that exited with an error code. The line that says why goes into the message if the step allows.
fn refused_run(step: &Step, code: i32, output: &str) -> Hold {
    let log = format!("exit code {code}: {}", tail(output));
    let tells = matches!(&step.action, Action::Run(run) if run.tells);
    let said = reason::line(output).filter(|_| tells).map(|line| format!(": {line}")).unwrap_or_default();
    Hold { message: format!("{}{said}", step.refused.message), ..step.refused.clone() }.with_log(log)
}

/// Reason why a command did not start, from Pebble's message: the text in the last parentheses, else the last line.
fn not_started(message: &str) -> &str {
    let line = last_line(message).unwrap_or("no reason given");
    let inner = line.strip_prefix("- Execute command ").and_then(|line| line.split_once("\" (")?.1.strip_suffix(')'));
    inner.map_or(line, |reason| reason.strip_prefix("fork/exec ").unwrap_or(reason))
}

/// Advice for a command that did not start.
fn way_out(why: &str) -> &'static str {
    if why.starts_with("cannot find executable") {
        ": it must be in the rock, and executable"
    } else if why.ends_with(": no such file or directory") {
        ": the interpreter that its first line names must be in the rock"
    } else if why.ends_with(": exec format error") {
        ": it must be a program, or begin with a line such as #!/bin/sh"
    } else {
        ""
    }
}

/// Last lines of a command's output.
fn tail(output: &str) -> String {
    let lines: Vec<_> = output.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

/// Hold of a change that failed: Pebble's reason and the service's own, both from the log of the first failed task.
fn refused_change(step: &Step, change: &Change) -> Hold {
    let failed = change.tasks.iter().find(|task| task.status == "Error");
    let log = failed.map(|task| task.log.join("\n")).unwrap_or_default();
    let why = pebbles_reason(&log).or(change.err.as_deref().and_then(last_line)).unwrap_or("no reason given");
    let said = last_words(&log).map(|words| format!(": {words}")).unwrap_or_default();
    let what = failed.and_then(|task| service_of(&task.summary));
    let message = match what {
        Some(service) => format!("{} service {service}: {why}{said}", verb(&step.refused.message)),
        None => format!("{}: {why}{said}", step.refused.message),
    };
    let details = if log.is_empty() { change.err.clone().unwrap_or_default() } else { log };
    Hold { message, ..step.refused.clone() }.with_log(details)
}

/// Verb of a message: "cannot start" in "cannot start flask".
fn verb(message: &str) -> &str {
    message.rsplit_once(' ').map_or(message, |(verb, _)| verb)
}

/// Name of the service in a task's summary: `flask` in `Start service "flask"`.
fn service_of(summary: &str) -> Option<&str> {
    summary.split_once('"')?.1.split_once('"').map(|(name, _)| name)
}

/// Pebble's reason: the text of the last line with the level ERROR.
fn pebbles_reason(log: &str) -> Option<&str> {
    let line = log.lines().rfind(|line| line.contains(" ERROR "))?;
    let text = line.split_once(" ERROR ")?.1;
    let text =
        ["cannot start service: ", "service start attempt: "].iter().fold(text, |t, p| t.strip_prefix(p).unwrap_or(t));
    Some(text.strip_suffix(", will restart").unwrap_or(text))
}

/// Line of the service's output that says why it ended. Pebble indents the output in the log.
fn last_words(log: &str) -> Option<String> {
    let (_, output) = log.split_once("Most recent service output:")?;
    let printed: Vec<_> = output.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    reason::line(&printed.join("\n")).map(str::to_owned)
}

fn last_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).rfind(|line| !line.is_empty())
}
