//! Keys at the top of `charmcraft.yaml`, besides bases, platforms and parts.

use std::sync::LazyLock;

use serde_yaml::{Mapping, Value};

use super::kind::{self, Kinds};
use super::links::urls;
use crate::finding::Finding;
use crate::source::Source;
use crate::yaml;

/// Attributes that charmcraft's analysis may ignore.
const ATTRIBUTES: [&str; 2] = ["framework", "language"];

/// Linters that charmcraft's analysis may ignore.
const LINTERS: [&str; 9] = [
    "additional-files",
    "entrypoint",
    "juju-actions",
    "juju-config",
    "metadata",
    "naming-conventions",
    "ops-main-call",
    "pip-check",
    "pydeps",
];

pub(super) fn findings(project: &Source) -> Vec<Finding> {
    let mut found = tabled(project, &[], &project.document, &KINDS, "charmcraft.yaml");
    found.extend(texts(project));
    found.extend(charm_type(project));
    found.extend(charm_user(project));
    found.extend(version(project));
    found.extend(assumes(project));
    found.extend(analysis(project));
    found.extend(repositories(project));
    found.extend(urls(project));
    found
}

static KINDS: LazyLock<Kinds> = LazyLock::new(|| kind::table(include_str!("keys.yaml")));

/// True for a key of `charmcraft.yaml`.
pub(super) fn is_known(key: &str) -> bool {
    KINDS.contains_key(key)
}

/// Keys of `mapping` that `kinds` doesn't have, and those with a value of another kind. `of` is the mapping's name.
pub(super) fn tabled(project: &Source, path: &[&str], mapping: &Mapping, kinds: &Kinds, of: &str) -> Vec<Finding> {
    let one = |(key, value): (&Value, &Value)| {
        let name = key.as_str().map_or_else(|| serde_json::to_string(key).unwrap_or_default(), str::to_owned);
        let path = [path, &[name.as_str()]].concat();
        let Some(kind) = kinds.get(&name) else {
            return Some(project.refused(&path, format!("{of} has no key {name}"), "correct or remove it"));
        };
        let what = format!("{} must be {}", path.join("."), kind.needed());
        (!kind.fits(value)).then(|| project.refused(&path, what, kind.remedy()))
    };
    mapping.iter().filter_map(one).collect()
}

fn texts(project: &Source) -> Vec<Finding> {
    let is_missing = |key: &&str| project.document.get(*key).is_none_or(Value::is_null);
    let mut found: Vec<Finding> = ["name", "summary", "description"]
        .into_iter()
        .filter(is_missing)
        .map(|key| project.refused(&[key], format!("a charm needs a {key}"), format!("write `{key}: …`")))
        .collect();
    if let Some(name) = project.document.get("name").filter(|name| !name.is_null() && !is_name(name)) {
        let what = format!("{} is no name for a charm", name.as_str().unwrap_or("a value that isn't a text"));
        let remedy =
            "take at most 40 lower-case letters, digits and single dashes between them, with a letter among them";
        found.push(project.refused(&["name"], what, remedy));
    }
    let lengths = [("summary", 0, 200), ("title", 2, 40)];
    found.extend(lengths.into_iter().filter_map(|(key, least, most)| length(project, key, least, most)));
    found
}

fn length(project: &Source, key: &str, least: usize, most: usize) -> Option<Finding> {
    let length = yaml::text(&project.document, key)?.chars().count();
    let remedy = format!("write {least} to {most}");
    (!(least..=most).contains(&length))
        .then(|| project.refused(&[key], format!("the {key} has {length} characters"), remedy))
}

fn is_name(name: &Value) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.as_str().is_some_and(|name| {
        name.len() <= 40
            && name.bytes().all(allowed)
            && name.bytes().any(|byte| byte.is_ascii_lowercase())
            && !name.starts_with('-')
            && !name.ends_with('-')
            && !name.contains("--")
    })
}

fn charm_type(project: &Source) -> Option<Finding> {
    match project.document.get("type") {
        // With an extension, its own rule checks the type.
        _ if crate::extension::is_used(project) => None,
        None => Some(project.refused(&[], "charmcraft.yaml has no type", "write `type: charm`")),
        Some(kind) if kind.as_str() == Some("charm") => None,
        Some(_) => Some(project.refused(&["type"], "this is no type of a charm", "write `type: charm`")),
    }
}

fn charm_user(project: &Source) -> Option<Finding> {
    const USERS: [&str; 3] = ["root", "sudoer", "non-root"];
    let user = project.document.get("charm-user").filter(|user| !user.is_null())?;
    let is_known = user.as_str().is_some_and(|user| USERS.contains(&user));
    let remedy = format!("take one of {}", USERS.join(", "));
    (!is_known).then(|| project.refused(&["charm-user"], "this is no charm-user", remedy))
}

/// `version`, which charmcraft checks and doesn't use.
fn version(project: &Source) -> Option<Finding> {
    let version = project.document.get("version").and_then(Value::as_str)?;
    let ends = |byte: &u8| byte.is_ascii_alphanumeric() || b"+~".contains(byte);
    let good = version.len() <= 32
        && version.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && version.bytes().last().is_some_and(|last| ends(&last))
        && version.bytes().all(|byte| ends(&byte) || b":.-".contains(&byte));
    (!good).then(|| project.refused(&["version"], format!("{version} is no version"), "write one such as \"1.0\""))
}

/// Features and conditions: a text, or a mapping of texts to lists or mappings.
fn assumes(project: &Source) -> Option<Finding> {
    let assumes = project.document.get("assumes").filter(|assumes| !assumes.is_null())?;
    let is_condition = |value: &Value| value.is_sequence() || value.is_mapping();
    let is_one = |item: &Value| match item {
        Value::Mapping(mapping) => mapping.iter().all(|(key, value)| kind::is_word(key) && is_condition(value)),
        other => kind::is_word(other),
    };
    let good = assumes.as_sequence().is_some_and(|items| items.iter().all(is_one));
    let remedy = "write `- k8s-api` or `- juju >= 3.6` lines below it, and lists below any-of and all-of";
    (!good).then(|| project.refused(&["assumes"], "assumes must be a list of features", remedy))
}

fn analysis(project: &Source) -> Vec<Finding> {
    let Some(analysis) = project.document.get("analysis").filter(|analysis| !analysis.is_null()) else {
        return Vec::new();
    };
    let ignored = project.section("analysis");
    let ignored = yaml::section(&ignored, "ignore");
    let is_good = |key: &str, known: &[&str]| match ignored.get(key) {
        None => true,
        Some(names) => names
            .as_sequence()
            .is_some_and(|names| names.iter().all(|name| name.as_str().is_some_and(|name| known.contains(&name)))),
    };
    let is_shaped = |value: &Value, keys: &[&str]| {
        value
            .as_mapping()
            .is_some_and(|mapping| mapping.keys().all(|key| key.as_str().is_some_and(|key| keys.contains(&key))))
    };
    let shaped = is_shaped(analysis, &["ignore"])
        && analysis.get("ignore").is_none_or(|ignore| is_shaped(ignore, &["attributes", "linters"]));
    if shaped && is_good("attributes", &ATTRIBUTES) && is_good("linters", &LINTERS) {
        return Vec::new();
    }
    let remedy = format!(
        "write lists `attributes` and `linters` below `ignore`; the attributes are {}, the linters {}",
        ATTRIBUTES.join(", "),
        LINTERS.join(", ")
    );
    vec![project.refused(&["analysis", "ignore"], "charmcraft's analysis has no such check", remedy)]
}

/// `package-repositories`: archives of apt, each named in one of three ways.
fn repositories(project: &Source) -> Option<Finding> {
    let repositories = project.document.get("package-repositories")?.as_sequence()?;
    let is_good = |one: &Value| {
        let ways = ["ppa", "cloud", "url"].into_iter().filter(|way| one.get(*way).is_some()).count();
        one.get("type").and_then(Value::as_str) == Some("apt") && ways == 1
    };
    let remedy = "write `type: apt` and one of ppa, cloud and url";
    let what = "this is no repository of packages";
    (!repositories.iter().all(is_good)).then(|| project.refused(&["package-repositories"], what, remedy))
}
