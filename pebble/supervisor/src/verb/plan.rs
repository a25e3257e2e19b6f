//! Verbs about the plan.

use std::fs;

use serde_json::json;

use super::arguments::{Arguments, Flag, Rest, Spec, Value};
use super::{Context, Outcome, Verb};
use crate::errno::PathError;
use pebble::plan::quote;

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "add",
        summary: "Add a layer to the plan",
        spec: Spec {
            flags: &[Flag("", "combine", Value::No), Flag("", "inner", Value::No)],
            words: &["label", "layer-path"],
            rest: Rest::No,
            is_command: false,
        },
        run: add,
    },
    Verb {
        name: "plan",
        summary: "Print the plan that all layers make",
        spec: Spec { flags: &[], words: &[], rest: Rest::No, is_command: false },
        run: |context, _| {
            let plan: String = context.connection.get("/v1/plan?format=yaml")?;
            context.print(&plan)
        },
    },
];

fn add(context: &Context, arguments: &Arguments) -> Outcome {
    let (label, path) = (arguments.word(0), arguments.word(1));
    let layer = fs::read(path).map_err(|error| PathError::when("open", path)(error).to_string())?;
    let body = json!({
        "action": "add", "combine": arguments.has("combine"), "inner": arguments.has("inner"), "label": label,
        "format": "yaml", "layer": String::from_utf8_lossy(&layer),
    });
    context.connection.post("/v1/layers", &body)?;
    context.print(&format!("Layer {} added successfully from {}\n", quote(label), quote(path)))
}
