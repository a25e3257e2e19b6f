//! Alert rules of Prometheus and Loki: files of them become the groups that charms publish, with the names and labels
//! of the application in Juju.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it replaces `%%juju_topology%%` in expressions by nothing, or by `job=~".+"` for Loki, if the program `cos-tool` is
//!   not in the charm, as in those of web applications: the rule then counts every application. Here the application's
//!   matchers are put in its place;
//! - two files with a group of the same name make a document that Prometheus refuses whole; here the later one gets a
//!   number.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::topology::Topology;

/// Placeholder of the application's matchers in an expression.
const PLACEHOLDER: &str = "%%juju_topology%%";

/// File with rules.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFile {
    /// Name of the file without its suffix. A single rule gets a group of this name.
    pub stem: String,
    /// Content: a mapping with `groups`, or a single rule with `expr` and one of `alert` and `record`.
    pub content: Value,
}

/// Fault of a file with rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadRules {
    /// The fault, as a predicate with its subject ("a group has no name").
    pub why: &'static str,
}

/// The groups of a file for this application.
///
/// # Errors
/// [`BadRules`] for content that no Prometheus reads.
pub fn groups(file: &RuleFile, topology: &Topology) -> Result<Vec<Value>, BadRules> {
    let bad = |why| Err(BadRules { why });
    let content = &file.content;
    if let Some(groups) = content.get("groups") {
        let Value::Array(groups) = groups else { return bad("groups is not a list") };
        return groups.iter().map(|group| scoped(group, topology)).collect();
    }
    if content.get("expr").is_none() || (content.get("alert").is_none() && content.get("record").is_none()) {
        return bad("it has neither groups, nor expr with alert or record");
    }
    Ok(vec![scoped(&json!({"name": file.stem, "rules": [content]}), topology)?])
}

/// The document of all groups: empty if there are none. Names that stand twice get a number.
#[must_use]
pub fn document(groups: Vec<Value>) -> Value {
    let mut taken = BTreeSet::new();
    let numbered = |mut group: Value| {
        let name = group["name"].as_str().unwrap_or_default().to_owned();
        let names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}_{number}")));
        let free = names.into_iter().find(|name| taken.insert(name.clone()));
        group["name"] = free.into();
        group
    };
    let groups: Vec<_> = groups.into_iter().map(numbered).collect();
    if groups.is_empty() { json!({}) } else { json!({"groups": groups}) }
}

/// Rules for every application that Prometheus scrapes: one for a unit that does not answer, one for series that are
/// missing.
#[must_use]
pub fn host_health(topology: &Topology) -> Value {
    let rule = |alert: &str, expr: &str, severity: &str, summary: &str, description: &str| {
        json!({
            "alert": alert, "expr": expr, "for": "5m", "labels": {"severity": severity},
            "annotations": {"summary": summary, "description": description},
        })
    };
    let rules = [
        rule(
            "HostDown",
            "up < 1",
            "critical",
            "Host '{{ $labels.instance }}' is down.",
            "Juju application '{{ $labels.juju_application }}' in model '{{ $labels.juju_model }}' is down. Prometheus \
             has been unable to scrape it during at least the past five minutes.",
        ),
        rule(
            "HostMetricsMissing",
            "absent(up)",
            "warning",
            "Unit '{{ $labels.juju_unit }}' of application '{{ $labels.juju_application }}' is down or failing to \
             remote write.",
            "`Up` missing for unit '{{ $labels.juju_unit }}' of application {{ $labels.juju_application }} in model \
             {{ $labels.juju_model }}. Please ensure the unit or the collector scraping it is up and is able to \
             successfully reach the metrics backend.",
        ),
    ];
    let rules = rules.into_iter().map(|rule| labelled(rule, topology)).collect();
    Value::Object(
        [("name".to_owned(), name("HostHealth", topology).into()), ("rules".to_owned(), rules)].into_iter().collect(),
    )
}

/// A group with the application's name, labels and matchers.
fn scoped(group: &Value, topology: &Topology) -> Result<Value, BadRules> {
    let bad = |why| Err(BadRules { why });
    let Value::Object(group) = group else { return bad("a group is not a mapping") };
    let Some(Value::String(own)) = group.get("name") else { return bad("a group has no name") };
    let Some(Value::Array(rules)) = group.get("rules") else { return bad("a group has no list of rules") };
    if rules.iter().any(|rule| !rule.get("expr").is_some_and(Value::is_string)) {
        return bad("a rule has no expr of text");
    }
    let is_labelled = |rule: &Value| rule.get("labels").is_none_or(|labels| labels.is_object() || labels.is_null());
    if !rules.iter().all(is_labelled) {
        return bad("a rule's labels are not a mapping");
    }
    let rules = rules.iter().map(|rule| labelled(matched(rule.clone(), topology), topology)).collect();
    let mut group: Map<String, Value> = group.clone();
    group.insert("name".to_owned(), name(own, topology).into());
    group.insert("rules".to_owned(), rules);
    Ok(Value::Object(group))
}

/// Name of a group, in letters that every consumer takes. A name that has been made so already is kept.
fn name(own: &str, topology: &Topology) -> String {
    let end = if own.ends_with("_rules") { "" } else { "_rules" };
    let name = if is_made(own) { own.to_owned() } else { format!("{}_{own}{end}", topology.identifier()) };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect()
}

/// True for `…_<8 hexadecimal digits>_…rules`.
fn is_made(name: &str) -> bool {
    let is_uuid = |part: &str| part.len() == 8 && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<_> = name.split('_').collect();
    name.ends_with("rules") && parts.len() > 2 && parts[1..parts.len() - 1].iter().any(|part| is_uuid(part))
}

/// A rule with the application's labels where it has none of that name.
fn labelled(mut rule: Value, topology: &Topology) -> Value {
    let mut labels = rule.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    for (label, value) in topology.labels() {
        labels.entry(label).or_insert_with(|| value.into());
    }
    rule["labels"] = labels.into();
    rule
}

/// A rule with the application's matchers in place of the placeholder.
fn matched(mut rule: Value, topology: &Topology) -> Value {
    let Some(expr) = rule["expr"].as_str().filter(|expr| expr.contains(PLACEHOLDER)) else { return rule };
    let matchers = topology.matched().map(|(label, value)| format!("{label}={}", crate::json::text(value)));
    rule["expr"] = expr.replace(PLACEHOLDER, &matchers.join(", ")).into();
    rule
}

#[cfg(test)]
mod tests;
