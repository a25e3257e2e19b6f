//! Verbs about identities.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::json;

use super::arguments::{Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::table::{aligned, formatted, named, row, yaml};
use super::{Context, Failure, Outcome, Verb};
use crate::errno::PathError;
use crate::identity::{Identities, Identity};
use pebble::plan::quote;

const FROM: Flag = Flag("", "from", Value::Text);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "identities",
        summary: "List identities",
        spec: Spec { flags: &[FORMAT], words: &[], rest: Rest::No, is_command: false },
        run: list,
    },
    Verb {
        name: "identity",
        summary: "Show one identity",
        spec: Spec { flags: &[FORMAT], words: &["name"], rest: Rest::No, is_command: false },
        run: one,
    },
    Verb {
        name: "add-identities",
        summary: "Add identities from a file",
        spec: Spec { flags: &[FROM], words: &[], rest: Rest::No, is_command: false },
        run: |context, arguments| change(context, arguments, "add"),
    },
    Verb {
        name: "update-identities",
        summary: "Change identities to those of a file; with --replace also add and remove",
        spec: Spec { flags: &[FROM, Flag("", "replace", Value::No)], words: &[], rest: Rest::No, is_command: false },
        run: |context, arguments| {
            change(context, arguments, if arguments.has("replace") { "replace" } else { "update" })
        },
    },
    Verb {
        name: "remove-identities",
        summary: "Remove the identities that a file names",
        spec: Spec { flags: &[FROM], words: &[], rest: Rest::No, is_command: false },
        run: |context, arguments| change(context, arguments, "remove"),
    },
];

fn all(context: &Context) -> Result<Identities, Failure> {
    context.connection.get("/v1/identities")
}

fn list(context: &Context, arguments: &Arguments) -> Outcome {
    let identities = all(context)?;
    if let Some(text) = formatted(arguments, &named("identities", &identities)) {
        return context.print(&text);
    }
    if identities.is_empty() {
        return context.note("No identities.");
    }
    let mut rows = vec![row(["Name", "Access", "Types"])];
    for (name, identity) in &identities {
        let kinds = [("basic", identity.basic.is_some()), ("local", identity.local.is_some())];
        let kinds: Vec<&str> = kinds.into_iter().filter(|(_, is_set)| *is_set).map(|(kind, _)| kind).collect();
        let kinds = if kinds.is_empty() { "unknown".to_owned() } else { kinds.join(",") };
        rows.push(row([name, &identity.access, &kinds]));
    }
    context.print(&aligned(&rows))
}

fn one(context: &Context, arguments: &Arguments) -> Outcome {
    let name = arguments.word(0);
    let identities = all(context)?;
    let identity = identities.get(name).ok_or_else(|| format!("cannot find identity {}", quote(name)))?;
    context.print(&formatted(arguments, identity).unwrap_or_else(|| yaml(identity)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    identities: BTreeMap<String, Option<Identity>>,
}

/// Reads a file of identities in YAML.
///
/// # Errors
/// There is no such file, or it has no identities. The texts are Pebble's.
pub(crate) fn read(path: &str) -> Result<BTreeMap<String, Option<Identity>>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| PathError::when("open", path)(error).to_string())?;
    let listed: Listed = pebble::plan::from_yaml(&text).map_err(|why| format!("cannot unmarshal identities: {why}"))?;
    if listed.identities.is_empty() {
        return Err(r#"no identities to add; did you forget the top-level "identities" key?"#.to_owned());
    }
    Ok(listed.identities)
}

fn change(context: &Context, arguments: &Arguments, action: &str) -> Outcome {
    if !arguments.has("from") {
        return Err("the required flag `--from' was not specified".to_owned());
    }
    let identities = read(arguments.value("from"))?;
    let kept = identities.iter().find(|(_, identity)| identity.is_some());
    if let (Some((name, _)), "remove") = (kept, action) {
        return Err(format!("identity value for {} must be null for remove operation", quote(name)));
    }
    let count = identities.len();
    context.connection.post("/v1/identities", &json!({"action": action, "identities": identities}))?;
    let items =
        |singular: &str, plural: &str| if count == 1 { format!("1 {singular}") } else { format!("{count} {plural}") };
    context.print(&match action {
        "add" => format!("Added {}.\n", items("new identity", "new identities")),
        "remove" => format!("Removed {}.\n", items("identity", "identities")),
        "replace" => format!("Replaced {}.\n", items("identity", "identities")),
        _ => format!("Updated {}.\n", items("identity", "identities")),
    })
}
