//! `base`, `build-base` and `platforms`.

use std::collections::BTreeSet;

use serde_yaml::{Mapping, Value};

use super::kind;
use crate::finding::Finding;
use crate::platform::{ARCHITECTURES, entries};
use crate::source::Source;
use crate::yaml;

/// The bases that charmcraft builds for.
const BASES: [&str; 9] = [
    "ubuntu@18.04",
    "ubuntu@20.04",
    "ubuntu@22.04",
    "ubuntu@24.04",
    "ubuntu@25.04",
    "ubuntu@25.10",
    "ubuntu@26.04",
    "ubuntu@26.10",
    "almalinux@9",
];

/// The base that only builds.
const DEVEL: &str = "ubuntu@devel";

/// The bases that need a `build-base`.
const UNFINISHED: [&str; 3] = ["ubuntu@25.04", "ubuntu@25.10", "ubuntu@26.10"];

/// Words that are no label of a platform.
const RESERVED: [&str; 2] = ["any", "*"];

const EXAMPLE: &str = "write `base: ubuntu@24.04` and `platforms:` with `amd64:` in it";

/// Findings about a project without `bases`.
pub(super) fn findings(project: &Source) -> Vec<Finding> {
    let mut found: Vec<Finding> = bases(project).into_iter().collect();
    found.extend(platforms(project));
    found
}

/// Findings about `platforms`, which may also stand beside `bases`.
pub(super) fn platforms(project: &Source) -> Vec<Finding> {
    match project.document.get("platforms") {
        Some(Value::Mapping(platforms)) if !platforms.is_empty() => {
            platforms.iter().flat_map(|(label, content)| platform(project, label, content)).collect()
        }
        Some(Value::Mapping(_)) | None => {
            vec![project.refused(&["platforms"], "a charm needs a base and platforms", EXAMPLE)]
        }
        Some(_) => vec![project.refused(&["platforms"], "platforms must be a mapping", EXAMPLE)],
    }
}

fn bases(project: &Source) -> Option<Finding> {
    let one_of = |key: &str, extra: &[&str]| {
        let base = project.document.get(key).filter(|base| !base.is_null())?;
        let is_known = base.as_str().is_some_and(|base| BASES.contains(&base) || extra.contains(&base));
        let what = format!("charmcraft has no {key} {}", base.as_str().unwrap_or("of this kind"));
        (!is_known).then(|| project.refused(&[key], what, format!("take one of {}", BASES.join(", "))))
    };
    let unfinished = || {
        let base = yaml::text(&project.document, "base").filter(|base| UNFINISHED.contains(base))?;
        let is_alone = project.document.get("build-base").is_none_or(Value::is_null);
        let what = format!("the base {base} needs a build-base");
        is_alone.then(|| project.refused(&["base"], what, format!("write `build-base: {base}`")))
    };
    one_of("base", &[]).or_else(|| one_of("build-base", &[DEVEL])).or_else(unfinished)
}

fn platform(project: &Source, label: &Value, content: &Value) -> Vec<Finding> {
    let shown = label.as_str().map_or_else(|| serde_json::to_string(label).unwrap_or_default(), str::to_owned);
    let path = ["platforms", shown.as_str()];
    if label.as_str().is_none() || RESERVED.contains(&shown.as_str()) || shown.contains('/') {
        let remedy = "take letters, digits and dashes, but not the word any";
        let what = format!("{shown} is no name for a platform: it becomes a part of the charm's file name");
        return vec![project.refused(&path, what, remedy)];
    }
    let found = match content {
        Value::Null => shorthand(project, &shown),
        Value::Mapping(content) => written_out(project, &shown, content),
        _ => vec![project.refused(
            &path,
            format!("platforms.{shown} must be a mapping"),
            "say `build-on` and `build-for`",
        )],
    };
    if found.is_empty() { base_of(project, &shown, content).into_iter().collect() } else { found }
}

/// A label alone: it is an architecture, with a base or without.
fn shorthand(project: &Source, label: &str) -> Vec<Finding> {
    let is_known = parsed(label).is_some_and(|(_, architecture)| architecture != "all");
    let what = format!("{label} is no architecture of a binary");
    let remedy = format!("take one of {}, or say `build-on` and `build-for`", ARCHITECTURES.join(", "));
    if is_known { Vec::new() } else { vec![project.refused(&["platforms", label], what, remedy)] }
}

fn written_out(project: &Source, label: &str, content: &Mapping) -> Vec<Finding> {
    let path = ["platforms", label];
    let refused = |what: &str, remedy: &str| vec![project.refused(&path, format!("platforms.{label} {what}"), remedy)];
    let (on, whom) = (entries(content.get("build-on")), entries(content.get("build-for")));
    let is_given = |key: &str| content.get(key).is_some_and(|value| !value.is_null());
    let labels_itself = ARCHITECTURES.contains(&label) || label == "all";
    if let Some(key) = yaml::keys(content).find(|key| !["build-on", "build-for"].contains(key)) {
        return refused(&format!("has no key {key}"), "say `build-on` and `build-for` alone");
    }
    if !is_given("build-on") || on.as_ref().is_none_or(Vec::is_empty) {
        return refused("needs a build-on", "write `build-on: [amd64]`");
    }
    if content.get("build-on").is_some_and(|value| !kind::is_unique(value)) {
        return refused("builds on one architecture twice", "name each once");
    }
    if on.iter().flatten().any(|entry| parsed(entry).is_none_or(|(_, architecture)| architecture == "all")) {
        return refused("builds on an unknown architecture", &format!("take some of {}", ARCHITECTURES.join(", ")));
    }
    if !is_given("build-for") {
        return if labels_itself { Vec::new() } else { refused("needs a build-for", "write `build-for: [amd64]`") };
    }
    match whom.as_deref() {
        Some([entry]) if parsed(entry).is_some() => Vec::new(),
        Some([entry]) => refused(&format!("is for {entry}, which is no architecture"), "write `build-for: [amd64]`"),
        _ => refused("must be for one architecture", "write `build-for: [amd64]`, and another platform for another"),
    }
}

/// Checks that each platform has one base: of the project, or of its label and entries.
fn base_of(project: &Source, label: &str, content: &Value) -> Option<Finding> {
    let path = ["platforms", label];
    let own = label.split_once(':').map(|(base, _)| base).filter(|base| base.contains('@'));
    let listed = |key: &str| entries(content.get(key)).filter(|list| !list.is_empty()).unwrap_or_else(|| vec![label]);
    let base = |entry: &str| parsed(entry).and_then(|(base, _)| base.map(str::to_owned));
    let whom: Vec<Option<String>> = listed("build-for").into_iter().map(base).collect();
    let all: BTreeSet<Option<String>> = if content.is_null() {
        BTreeSet::new()
    } else {
        listed("build-on").into_iter().map(base).chain(whom.clone()).collect()
    };
    let differs = |base: &Option<String>| base.as_deref().is_some_and(|base| Some(base) != own);
    let given =
        ["base", "build-base"].into_iter().any(|key| project.document.get(key).is_some_and(|base| !base.is_null()));
    let has_own = own.is_some() || all.iter().any(Option::is_some);
    if all.len() > 1 || own.is_some() && !content.is_null() && whom.iter().any(differs) {
        let remedy = "name the same base in its label, build-on and build-for";
        return Some(project.refused(&path, format!("platforms.{label} has several bases"), remedy));
    }
    if has_own && given {
        let what = format!("platforms.{label} has a base of its own, and the project has one for all");
        return Some(project.refused(&path, what, "remove one of the two"));
    }
    (!has_own && !given).then(|| project.refused(&path, "a charm needs a base and platforms", EXAMPLE))
}

/// Base and architecture of an entry such as `ubuntu@24.04:amd64` or `amd64`. `None`: it is neither.
fn parsed(entry: &str) -> Option<(Option<&str>, &str)> {
    let (base, architecture) = entry.split_once(':').map_or((None, entry), |(base, rest)| (Some(base), rest));
    let is_base = base.is_none_or(|base| base == "devel" || base.matches('@').count() == 1);
    (is_base && (ARCHITECTURES.contains(&architecture) || architecture == "all")).then_some((base, architecture))
}
