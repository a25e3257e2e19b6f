//! Verbs about services.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use pebble::types::{Change, ServiceInfo};
use serde_json::json;

use super::arguments::{ABS_TIME, Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::connection::with_query;
use super::moment::shown_or_dash;
use super::table::{aligned, formatted, named, row};
use super::{Context, Outcome, Verb};

/// Pause between two looks at a change.
const POLL: Duration = Duration::from_millis(100);
const NO_WAIT: Flag = Flag("", "no-wait", Value::No);

const ACTION: Spec = Spec { flags: &[NO_WAIT], words: &[], rest: Rest::Required("service"), is_command: false };
/// One more word is taken and ignored, as by Pebble.
const PLAN_ACTION: Spec = Spec { flags: &[NO_WAIT], words: &[], rest: Rest::Unnamed(1), is_command: false };

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "start",
        summary: "Start services",
        spec: ACTION,
        run: |context, arguments| act(context, arguments, "start"),
    },
    Verb {
        name: "stop",
        summary: "Stop services",
        spec: ACTION,
        run: |context, arguments| act(context, arguments, "stop"),
    },
    Verb {
        name: "restart",
        summary: "Restart services",
        spec: ACTION,
        run: |context, arguments| act(context, arguments, "restart"),
    },
    Verb {
        name: "autostart",
        summary: "Start the services that are enabled",
        spec: PLAN_ACTION,
        run: |context, arguments| act(context, arguments, "autostart"),
    },
    Verb {
        name: "replan",
        summary: "Restart what the plan has changed, and start what is enabled",
        spec: PLAN_ACTION,
        run: |context, arguments| act(context, arguments, "replan"),
    },
    Verb {
        name: "services",
        summary: "List services with their status",
        spec: Spec {
            flags: &[FORMAT, ABS_TIME],
            words: &[],
            rest: Rest::Optional("service", usize::MAX),
            is_command: false,
        },
        run: list,
    },
    Verb {
        name: "signal",
        summary: "Send a signal to services",
        spec: Spec { flags: &[], words: &["SIGNAL"], rest: Rest::Any("service"), is_command: false },
        run: signal,
    },
];

fn act(context: &Context, arguments: &Arguments, action: &str) -> Outcome {
    let services = if matches!(action, "autostart" | "replan") { &[][..] } else { &arguments.words };
    let answer = context.connection.post("/v1/services", &json!({"action": action, "services": services}))?;
    let id = answer.change.map(|id| id.to_string()).unwrap_or_default();
    if arguments.has("no-wait") {
        return context.print(&format!("{id}\n"));
    }
    loop {
        let change: Change = context.connection.get(&format!("/v1/changes/{id}"))?;
        match (change.ready, change.status.as_str(), change.err) {
            (true, "Done", _) => return Ok(0),
            (true, _, Some(error)) => return Err(error),
            (true, status, None) => {
                return Err(format!("change finished in status {} with no error message", pebble::plan::quote(status)));
            }
            (false, ..) => sleep(POLL),
        }
    }
}

fn list(context: &Context, arguments: &Arguments) -> Outcome {
    // Pebble's client sends the parameter without names too, and shows the URL in errors.
    let names = with_query("/v1/services", &[("names", &arguments.words.join(","))]);
    let path = if arguments.words.is_empty() { names + "?names=" } else { names };
    let services: Vec<ServiceInfo> = context.connection.get(&path)?;
    let by_name: BTreeMap<&str, &ServiceInfo> = services.iter().map(|one| (one.name.as_str(), one)).collect();
    if let Some(text) = formatted(arguments, &named("services", &by_name)) {
        return context.print(&text);
    }
    if services.is_empty() {
        return context.note(if arguments.words.is_empty() {
            "Plan has no services."
        } else {
            "No matching services."
        });
    }
    let mut rows = vec![row(["Service", "Startup", "Current", "Since"])];
    for service in &services {
        let current = serde_json::to_value(service.current).unwrap_or_default();
        let since = shown_or_dash(arguments, service.current_since.as_deref());
        rows.push(row([&service.name, service.startup.as_str(), current.as_str().unwrap_or_default(), &since]));
    }
    context.print(&aligned(&rows))
}

fn signal(context: &Context, arguments: &Arguments) -> Outcome {
    let name = arguments.word(0);
    if name.to_uppercase() != name {
        return Err("signal name must be uppercase, for example HUP".to_owned());
    }
    let name = if name.starts_with("SIG") { name.to_owned() } else { format!("SIG{name}") };
    context.connection.post("/v1/signals", &json!({"signal": name, "services": arguments.words[1..]}))?;
    Ok(0)
}
