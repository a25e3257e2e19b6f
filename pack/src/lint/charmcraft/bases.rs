//! `bases`, charmcraft's old form.

use serde_yaml::{Mapping, Value};

use crate::finding::Finding;
use crate::platform::{ARCHITECTURES, LEGACY};
use crate::source::Source;
use crate::yaml;

const EXAMPLE: &str = "write `- {name: ubuntu, channel: \"22.04\"}` below it, or `base:` and `platforms:` instead";

/// Findings about a project with `bases`.
pub(super) fn findings(project: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    match project.document.get("bases").and_then(Value::as_sequence) {
        Some(bases) if !bases.is_empty() => found.extend(bases.iter().filter_map(|base| fault(project, base))),
        _ => found.push(project.refused(&["bases"], "bases must be a list of bases", EXAMPLE)),
    }
    if project.document.get("base").is_some_and(|base| !base.is_null()) {
        found.push(project.refused(&["base"], "a charm has either bases or a base", "remove one of them"));
    }
    found
}

/// The first fault of an entry, in its long or its short form.
fn fault(project: &Source, entry: &Value) -> Option<Finding> {
    let refused = |what: &str| Some(project.refused(&["bases"], what, EXAMPLE));
    let Some(entry) = entry.as_mapping() else { return refused("an entry of bases must be a mapping") };
    if !entry.contains_key("build-on") {
        return base(project, entry);
    }
    if entry.keys().any(|key| !matches!(key.as_str(), Some("build-on" | "run-on"))) {
        return refused("an entry of bases has build-on and run-on alone");
    }
    for key in ["build-on", "run-on"] {
        let Some(bases) = entry.get(key).and_then(Value::as_sequence).filter(|bases| !bases.is_empty()) else {
            return refused(&format!("an entry of bases needs a list {key}"));
        };
        let each = bases.iter().find_map(|one| match one.as_mapping() {
            Some(one) => base(project, one),
            None => refused(&format!("{key} must be a list of mappings")),
        });
        if each.is_some() {
            return each;
        }
    }
    None
}

fn base(project: &Source, base: &Mapping) -> Option<Finding> {
    let refused = |what: String| Some(project.refused(&["bases"], what, EXAMPLE));
    if let Some(key) = yaml::keys(base).find(|key| !["name", "channel", "architectures"].contains(key)) {
        return refused(format!("a base has no key {key}"));
    }
    let (Some(name), Some(channel)) = (yaml::text(base, "name"), yaml::text(base, "channel")) else {
        return refused("a base needs a name, and a channel in quotes".to_owned());
    };
    let is_architecture =
        |value: &Value| value.as_str().is_some_and(|name| ARCHITECTURES.contains(&name) || name == "all");
    let is_list =
        |value: &Value| value.as_sequence().is_some_and(|all| !all.is_empty() && all.iter().all(is_architecture));
    if base.get("architectures").is_some_and(|value| !is_list(value)) {
        return refused(format!("architectures must be a list of {}", ARCHITECTURES.join(", ")));
    }
    let full = format!("{name}@{channel}");
    if LEGACY.contains(&full.as_str()) {
        return None;
    }
    let remedy =
        format!("bases are for {}; for another base, write `base: {full}` and `platforms:`", LEGACY.join(", "));
    Some(project.refused(&["bases"], format!("{full} can't stand below bases"), remedy))
}
