//! Verbs about checks and health.

use std::collections::BTreeMap;

use pebble::types::{Change, CheckInfo};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::arguments::{Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::connection::with_query;
use super::table::{aligned, formatted, named, row, yaml};
use super::{Context, Failure, Outcome, Verb};

/// The longest part of a log in a table.
const LONGEST_LOG: usize = 70;
const LEVEL: Flag = Flag("", "level", Value::Choice(&["alive", "ready"]));
const MANY: Rest = Rest::Optional("check", usize::MAX);
const NAMED: Spec = Spec { flags: &[], words: &[], rest: Rest::Required("check"), is_command: false };

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "checks",
        summary: "List health checks with their status",
        spec: Spec { flags: &[FORMAT, LEVEL], words: &[], rest: MANY, is_command: false },
        run: list,
    },
    Verb {
        name: "check",
        summary: "Show one health check; with --refresh run it at once",
        spec: Spec {
            flags: &[FORMAT, Flag("", "refresh", Value::No)],
            words: &["check"],
            rest: Rest::No,
            is_command: false,
        },
        run: one,
    },
    Verb {
        name: "health",
        summary: "Tell the health by the checks",
        spec: Spec { flags: &[FORMAT, LEVEL], words: &[], rest: MANY, is_command: false },
        run: health,
    },
    Verb {
        name: "start-checks",
        summary: "Start health checks",
        spec: NAMED,
        run: |context, arguments| act(context, arguments, "start", "started"),
    },
    Verb {
        name: "stop-checks",
        summary: "Stop health checks",
        spec: NAMED,
        run: |context, arguments| act(context, arguments, "stop", "stopped"),
    },
];

fn find(context: &Context, names: &str, level: &str) -> Result<Vec<CheckInfo>, Failure> {
    context.connection.get(&with_query("/v1/checks", &[("level", level), ("names", names)]))
}

fn list(context: &Context, arguments: &Arguments) -> Outcome {
    let checks = find(context, &arguments.words.join(","), arguments.value("level"))?;
    let by_name: BTreeMap<&str, &CheckInfo> = checks.iter().map(|one| (one.name.as_str(), one)).collect();
    if let Some(text) = formatted(arguments, &named("checks", &by_name)) {
        return context.print(&text);
    }
    if checks.is_empty() {
        let is_all = arguments.words.is_empty() && !arguments.has("level");
        return context.note(if is_all { "Plan has no health checks." } else { "No matching health checks." });
    }
    let mut rows = vec![row(["Check", "Level", "Startup", "Status", "Successes", "Failures", "Change"])];
    for check in &checks {
        let level = if check.level.is_empty() { "-" } else { &check.level };
        let runs = check.status != "inactive";
        let count = |text: String| if runs { text } else { "-".to_owned() };
        let failures = count(format!("{}/{}", check.failures, check.threshold));
        let successes = count(check.successes.to_string());
        let change = change(context, check);
        rows.push(row([&check.name, level, &check.startup, &check.status, &successes, &failures, &change]));
    }
    context.print(&aligned(&rows))
}

/// The change of a check; while it fails, with the beginning of its last error.
fn change(context: &Context, check: &CheckInfo) -> String {
    let Some(id) = &check.change_id else { return "-".to_owned() };
    if check.failures == 0 {
        return id.to_string();
    }
    let ids = std::iter::once(id).chain(&check.prev_change_id);
    for of in ids {
        let log = match logs(context, of.as_str()) {
            Ok(log) => log,
            Err(why) => return format!("{id} ({why})"),
        };
        let Some(last) = log.last() else { continue };
        // Behind time and level.
        let mut last = last.splitn(3, ' ').nth(2).unwrap_or(last).replace('\n', "\\n");
        if last.len() > LONGEST_LOG {
            let more = format!(r#"... run "pebble tasks {of}" for more"#);
            let end = (0..=LONGEST_LOG - more.len()).rev().find(|end| last.is_char_boundary(*end)).unwrap_or(0);
            last = format!("{}{more}", &last[..end]);
        }
        return format!("{id} ({last})");
    }
    id.to_string()
}

fn logs(context: &Context, change: &str) -> Result<Vec<String>, Failure> {
    let change: Change = context.connection.get(&format!("/v1/changes/{change}"))?;
    Ok(change.tasks.into_iter().next().map(|task| task.log).unwrap_or_default())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refreshed {
    info: CheckInfo,
    error: String,
}

/// A check with its last error and its logs.
#[derive(Serialize)]
struct Details {
    #[serde(flatten)]
    info: CheckInfo,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    logs: String,
}

fn one(context: &Context, arguments: &Arguments) -> Outcome {
    let name = arguments.word(0);
    let Refreshed { info, error } = if arguments.has("refresh") {
        let answer = context.connection.post("/v1/checks/refresh", &json!({"name": name}))?;
        serde_json::from_value(answer.result).map_err(|error| format!("cannot decode answer: {error}"))?
    } else {
        let missing = || format!("cannot find check {}", pebble::plan::quote(name));
        Refreshed { info: find(context, name, "")?.into_iter().next().ok_or_else(missing)?, error: String::new() }
    };
    let mut text = String::new();
    if info.failures > 0 || !error.is_empty() {
        for id in info.change_id.iter().chain(&info.prev_change_id) {
            if text.is_empty() {
                text = logs(context, id.as_str())?.into_iter().map(|line| line + "\n").collect();
            }
        }
    }
    let details = Details { info, error, logs: text };
    if arguments.value("format") == "json" {
        return context.print(&formatted(arguments, &details).unwrap_or_default());
    }
    // Pebble's YAML has a zero that its JSON leaves out.
    let zero = if details.info.failures == 0 { "\nfailures: 0\nthreshold:" } else { "\nthreshold:" };
    context.print(&yaml(&details).replacen("\nthreshold:", zero, 1))
}

fn health(context: &Context, arguments: &Arguments) -> Outcome {
    let names = arguments.words.join(",");
    let path = with_query("/v1/health", &[("level", arguments.value("level")), ("names", &names)]);
    let healthy = context.connection.get_any(&path)?.result["healthy"] == true;
    if let Some(text) = formatted(arguments, &json!({"healthy": healthy})) {
        return context.print(&text);
    }
    context.print(if healthy { "healthy\n" } else { "unhealthy\n" })?;
    Ok(u8::from(!healthy))
}

fn act(context: &Context, arguments: &Arguments, action: &str, done: &str) -> Outcome {
    let answer = context.connection.post("/v1/checks", &json!({"action": action, "checks": arguments.words}))?;
    let changed: Vec<&str> =
        answer.result["changed"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
    if changed.is_empty() {
        return context.print(&format!("Checks already {done}.\n"));
    }
    context.print(&format!("Checks {done}: {}\n", changed.join(", ")))
}
