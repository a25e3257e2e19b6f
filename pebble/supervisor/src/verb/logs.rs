//! Verbs about output and the daemon.

use std::io::BufRead;

use pebble::types::{LogEntry, SystemInfo};
use serde_json::json;

use super::arguments::{Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::connection::with_query;
use super::table::{aligned, formatted, row};
use super::{Context, Outcome, Verb};
use crate::clock::Time;
use crate::daemon::VERSION;
use pebble::plan::quote;

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "logs",
        summary: "Print the output of services",
        spec: Spec {
            flags: &[
                Flag("f", "follow", Value::No),
                Flag("n", "", Value::Text),
                Flag("", "format", Value::Choice(&["text", "json"])),
            ],
            words: &[],
            rest: Rest::Optional("service", usize::MAX),
            is_command: false,
        },
        run: logs,
    },
    Verb {
        name: "version",
        summary: "Print the versions of client and daemon",
        spec: Spec { flags: &[FORMAT, Flag("", "client", Value::No)], words: &[], rest: Rest::No, is_command: false },
        run: version,
    },
];

fn logs(context: &Context, arguments: &Arguments) -> Outcome {
    let n = match arguments.value("n") {
        "" => "30",
        "all" => "-1",
        text if text.parse::<u64>().is_ok() => text,
        other => return Err(format!(r#"expected n to be a non-negative integer or "all", not {}"#, quote(other))),
    };
    let follow = if arguments.has("follow") { "true" } else { "" };
    let path = with_query("/v1/logs", &[("follow", follow), ("n", n), ("services", &arguments.words.join(","))]);
    let mut reader = context.connection.open("GET", &path, "", b"")?;
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|count| count > 0) {
        if arguments.value("format") == "json" {
            context.print(&line)?;
        } else if let Ok(LogEntry { time, service, message }) = serde_json::from_str(&line) {
            let time = Time::parse(&time).map_or(time.to_string(), Time::millis);
            context.print(&format!("{time} [{service}] {message}\n"))?;
        } else {
            let message = serde_json::from_str(&line).unwrap_or(json!({}))["result"]["message"].clone();
            return Err(message.as_str().unwrap_or("cannot decode log").to_owned());
        }
        line.clear();
    }
    Ok(0)
}

fn version(context: &Context, arguments: &Arguments) -> Outcome {
    if arguments.has("client") {
        let text = formatted(arguments, &json!({"client": VERSION}));
        return context.print(&text.unwrap_or_else(|| format!("{VERSION}\n")));
    }
    let server = context.connection.get::<SystemInfo>("/v1/system-info").map(|info| info.version);
    let mut versions = json!({"client": VERSION});
    if let Ok(server) = &server {
        versions["server"] = json!(server);
    }
    if let Some(text) = formatted(arguments, &versions) {
        context.print(&text)?;
        return server.map(|_| 0);
    }
    let server = server.unwrap_or_else(|_| "-".to_owned());
    context.print(&aligned(&[row(["client", VERSION]), row(["server", &server])]))
}
