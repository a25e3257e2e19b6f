//! Verbs about changes and tasks.

use pebble::types::Change;

use super::arguments::{ABS_TIME, Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::connection::with_query;
use super::moment::{shown, shown_or_dash};
use super::table::{aligned, formatted, named, row};
use super::{Context, Failure, Outcome, Verb};

const LINE: &str = "......................................................................";

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "changes",
        summary: "List changes",
        spec: Spec { flags: &[ABS_TIME, FORMAT], words: &[], rest: Rest::Optional("service", 1), is_command: false },
        run: list,
    },
    Verb {
        name: "tasks",
        summary: "List the tasks of a change, with their logs",
        spec: Spec {
            flags: &[ABS_TIME, FORMAT, Flag("", "last", Value::Text)],
            words: &[],
            rest: Rest::Optional("change-id", 1),
            is_command: false,
        },
        run: tasks,
    },
];

fn all(context: &Context, service: &str) -> Result<Vec<Change>, Failure> {
    let path = with_query("/v1/changes", &[("for", service), ("select", "all")]);
    let mut changes: Vec<Change> = context.connection.get(&path)?;
    changes.sort_by(|one, other| one.spawn_time.cmp(&other.spawn_time));
    Ok(changes)
}

fn list(context: &Context, arguments: &Arguments) -> Outcome {
    let service = arguments.word(0);
    if !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("'pebble changes' command expects a service name, try 'pebble tasks {service}'"));
    }
    let changes = all(context, service)?;
    if let Some(text) = formatted(arguments, &named("changes", &changes)) {
        return context.print(&text);
    }
    if changes.is_empty() {
        return context.note("no changes found");
    }
    let mut rows = vec![row(["ID", "Status", "Spawn", "Ready", "Summary"])];
    for change in &changes {
        let spawn = shown(arguments, &change.spawn_time);
        let ready = shown_or_dash(arguments, change.ready_time.as_deref());
        rows.push(row([change.id.as_str(), &change.status, &spawn, &ready, &change.summary]));
    }
    context.print(&(aligned(&rows) + "\n"))
}

fn tasks(context: &Context, arguments: &Arguments) -> Outcome {
    let Some(id) = id(context, arguments)? else { return Ok(0) };
    let change: Change = context.connection.get(&format!("/v1/changes/{id}"))?;
    if let Some(text) = formatted(arguments, &change) {
        return context.print(&text);
    }
    let mut rows = vec![row(["Status", "Spawn", "Ready", "Summary"])];
    for task in &change.tasks {
        let spawn = shown(arguments, &task.spawn_time);
        let ready = shown_or_dash(arguments, task.ready_time.as_deref());
        rows.push(row([&task.status, &spawn, &ready, &task.summary]));
    }
    let mut text = aligned(&rows);
    for task in change.tasks.iter().filter(|task| !task.log.is_empty()) {
        text.push_str(&format!("\n{LINE}\n{}\n\n", task.summary));
        task.log.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    context.print(&(text + "\n"))
}

/// The change that the arguments name, by its id or as the last of its kind; `None` if an optional one is missing.
fn id(context: &Context, arguments: &Arguments) -> Result<Option<String>, Failure> {
    let (id, last) = (arguments.word(0), arguments.value("last"));
    match (id, last) {
        ("", "") => return Err("please provide change ID or type with --last=<type>".to_owned()),
        (id, "") => return Ok(Some(id.to_owned())),
        ("", _) => {}
        _ => return Err("cannot use change ID and type together".to_owned()),
    }
    let (kind, is_optional) = last.strip_suffix('?').map_or((last, false), |kind| (kind, true));
    let changes = all(context, "")?;
    let found = changes.iter().rfind(|change| change.kind == kind);
    match found {
        Some(change) => Ok(Some(change.id.to_string())),
        None if is_optional => Ok(None),
        None if changes.is_empty() => Err("no changes found".to_owned()),
        None => Err(format!("no changes of type {} found", pebble::plan::quote(last))),
    }
}
