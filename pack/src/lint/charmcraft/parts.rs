//! `parts`: the plugins and their keys.
//!
//! The values of the keys that every part has may depend on the architecture: a list of clauses such as
//! `- on amd64: [jq]` and `- else: [yq]` stands for each of its values.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_yaml::{Mapping, Value};

use super::keys::tabled;
use super::kind::{self, Kinds};
use crate::finding::Finding;
use crate::folder::{self, Folder};
use crate::source::Source;
use crate::yaml;

/// The bases with the plugins `charm` and `reactive`; on the last ones charmcraft calls them experimental.
const PYTHON: [&str; 9] = [
    "ubuntu@18.04",
    "ubuntu@20.04",
    "ubuntu@22.04",
    "almalinux@9",
    "ubuntu@24.04",
    "ubuntu@24.10",
    "ubuntu@25.04",
    "ubuntu@26.04",
    "ubuntu@26.10",
];
const EXPERIMENTAL: [&str; 2] = ["ubuntu@26.04", "ubuntu@26.10"];

/// Bases since which a part's name has no slash.
const WITHOUT_SLASH: [&str; 3] = ["ubuntu@26.04", "ubuntu@26.10", "ubuntu@devel"];

/// The keys of every part.
static PART: LazyLock<Kinds> = LazyLock::new(|| kind::table(include_str!("part.yaml")));

/// The plugins with their own keys.
static PLUGINS: LazyLock<BTreeMap<String, Kinds>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("plugins.yaml")).expect("the table is read by the tests"));

const EXAMPLE: &str = "write for example `parts: {charm: {plugin: charm, source: .}}`";

/// Findings about `parts`. With `bases` or an extension, they may be missing.
pub(super) fn findings(project: &Source, dir: &Folder) -> Result<Vec<Finding>, folder::Error> {
    let may_lack = project.document.contains_key("bases") || crate::extension::is_used(project);
    let parts = match project.document.get("parts") {
        None => Mapping::new(),
        Some(Value::Mapping(parts)) => parts.clone(),
        Some(_) => return Ok(vec![project.refused(&["parts"], "parts must be a mapping", EXAMPLE)]),
    };
    if parts.is_empty() && !may_lack {
        return Ok(vec![project.refused(&["parts"], "a charm needs parts: they make its files", EXAMPLE)]);
    }
    let mut found = Vec::new();
    for (name, part) in &parts {
        let name = name.as_str().unwrap_or_default();
        found.extend(slash(project, name));
        match part.as_mapping() {
            Some(part) => found.extend(part_findings(project, dir, name, part)?),
            None => {
                found.push(project.refused(&["parts", name], format!("the part {name} must be a mapping"), EXAMPLE))
            }
        }
    }
    Ok(found)
}

fn slash(project: &Source, name: &str) -> Option<Finding> {
    let base = ["build-base", "base"].into_iter().find_map(|key| yaml::text(&project.document, key));
    let is_refused = name.contains('/') && base.is_none_or(|base| WITHOUT_SLASH.contains(&base));
    is_refused.then(|| {
        project.refused(&["parts", name], format!("{name} is no name for a part on this base"), "leave out the slash")
    })
}

fn part_findings(project: &Source, dir: &Folder, name: &str, part: &Mapping) -> Result<Vec<Finding>, folder::Error> {
    let path = ["parts", name];
    let plugin = part.get("plugin").map_or(Some(name), Value::as_str).unwrap_or_default();
    let Some(own) = PLUGINS.get(plugin) else {
        let known: Vec<&str> = PLUGINS.keys().map(String::as_str).collect();
        let what = if part.contains_key("plugin") {
            format!("charmcraft has no plugin {plugin}")
        } else {
            format!("the part {name} has no plugin, and {name} is none")
        };
        return Ok(vec![project.refused(&path, what, format!("take one of {}", known.join(", ")))]);
    };
    let prefix = format!("{plugin}-");
    let mut kinds = PART.clone();
    kinds.extend(own.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(key, kind)| (key.clone(), *kind)));
    let mut found = grammar(project, &path, part);
    found.extend(tabled(project, &path, &chosen(part), &kinds, &format!("a part with the plugin {plugin}")));
    if !own.contains_key("source") && part.get("source").is_none_or(Value::is_null) {
        let what = format!("the part {name} needs a source: its plugin is {plugin}");
        found.push(project.refused(&path, what, "write `source: .` or another folder or address"));
    }
    found.extend(bases(project, &path, plugin));
    found.extend(together(project, &path, part));
    match plugin {
        "charm" => found.extend(charm(project, dir, &path, part)?),
        "npm" => found.extend(npm(project, &path, part)),
        "rust" => found.extend(rust(project, &path, part)),
        _ => {}
    }
    Ok(found)
}

/// The part with one value of each key that depends on the architecture.
fn chosen(part: &Mapping) -> Mapping {
    let value = |value: &Value| {
        let items = value.as_sequence().map(Vec::as_slice).unwrap_or_default();
        let (clauses, plain): (Vec<&Value>, Vec<&Value>) = items.iter().partition(|item| clause(item).is_some());
        let Some((_, first)) = clauses.first().and_then(|item| clause(item)) else { return value.clone() };
        match first {
            Value::Sequence(all) => Value::from(plain.into_iter().chain(all).cloned().collect::<Vec<_>>()),
            one => one.clone(),
        }
    };
    part.iter().map(|(key, content)| (key.clone(), value(content))).collect()
}

/// Condition and value of a clause such as `on amd64: [jq]`.
fn clause(item: &Value) -> Option<(&str, &Value)> {
    let mapping = item.as_mapping().filter(|mapping| mapping.len() == 1)?;
    let (key, value) = mapping.iter().next()?;
    let key = key.as_str()?;
    let is_one = ["on ", "to ", "for "].iter().any(|word| key.starts_with(word)) || ["else", "try"].contains(&key);
    is_one.then_some((key, value))
}

fn grammar(project: &Source, path: &[&str], part: &Mapping) -> Vec<Finding> {
    let is_old = |value: &Value| {
        value.as_sequence().into_iter().flatten().any(|item| clause(item).is_some_and(|(key, _)| key == "try"))
    };
    let refused = |key: &str| {
        let path = [path, &[key]].concat();
        project.refused(&path, "charmcraft has no clause `try`", "write `- on ARCHITECTURE: …` and `- else: …`")
    };
    part.iter().filter(|(_, value)| is_old(value)).filter_map(|(key, _)| key.as_str()).map(refused).collect()
}

/// Plugins that pack a Python charm are for some bases.
fn bases(project: &Source, path: &[&str], plugin: &str) -> Option<Finding> {
    if !["charm", "reactive"].contains(&plugin) || project.document.contains_key("bases") {
        return None;
    }
    let of_build = yaml::text(&project.document, "build-base").map(|base| vec![base.to_owned()]);
    let bases = of_build.unwrap_or_else(|| extensions::bases(&project.document));
    let wrong = bases.iter().find(|base| !PYTHON.contains(&base.as_str()));
    let path = [path, &["plugin"]].concat();
    if extensions::bases(&project.document).is_empty() {
        return Some(project.refused(
            &path,
            format!("the plugin {plugin} needs a base"),
            "write `base: …` beside build-base",
        ));
    }
    if let Some(base) = wrong {
        let what = format!("charmcraft has no plugin {plugin} on {base}");
        return Some(project.refused(&path, what, "take the plugin uv, poetry or python"));
    }
    let base = bases.iter().find(|base| EXPERIMENTAL.contains(&base.as_str()))?;
    let what = format!("charmcraft calls the plugin {plugin} experimental on {base}");
    let remedy = "for `charmcraft pack`, set CHARMCRAFT_ENABLE_EXPERIMENTAL_EXTENSIONS=1";
    Some(project.refused(&path, what, remedy).into_advice())
}

/// Keys that exclude each other.
fn together(project: &Source, path: &[&str], part: &Mapping) -> Vec<Finding> {
    let is_given = |key: &str| part.get(key).and_then(Value::as_sequence).is_some_and(|items| !items.is_empty());
    let mut found = Vec::new();
    if is_given("stage-packages") && is_given("stage-slices") {
        let path = [path, &["stage-slices"]].concat();
        found.push(project.refused(&path, "stage-packages and stage-slices exclude each other", "keep one of them"));
    }
    let permissions = part.get("permissions").and_then(Value::as_sequence).into_iter().flatten();
    if permissions.into_iter().any(|one| one.get("owner").is_some() != one.get("group").is_some()) {
        let path = [path, &["permissions"]].concat();
        found.push(project.refused(&path, "permissions need owner and group, or neither", "write the other one, too"));
    }
    found
}

fn charm(project: &Source, dir: &Folder, path: &[&str], part: &Mapping) -> Result<Option<Finding>, folder::Error> {
    let is_given = |key: &str| part.get(key).and_then(Value::as_sequence).is_some_and(|items| !items.is_empty());
    let refused = |key: &str, what: &str, remedy: &str| {
        Ok(Some(project.refused(&[path, &[key]].concat(), what.to_owned(), remedy)))
    };
    let entry = yaml::text(part, "charm-entrypoint").unwrap_or_default();
    if entry.split('/').any(|name| name == "..") || entry.starts_with('/') {
        return refused("charm-entrypoint", "the entry point must be inside the project", "write it as `src/charm.py`");
    }
    let strict = part.get("charm-strict-dependencies").unwrap_or(&Value::Null);
    let is_strict = strict.as_bool() == Some(true)
        || strict.as_u64() == Some(1)
        || strict
            .as_str()
            .is_some_and(|word| ["1", "on", "t", "true", "y", "yes"].contains(&word.to_lowercase().as_str()));
    if !is_strict {
        return Ok(None);
    }
    if is_given("charm-python-packages") {
        let what = "charm-strict-dependencies excludes charm-python-packages";
        return refused("charm-python-packages", what, "move them into the requirements file");
    }
    if !is_given("charm-requirements") && !dir.has_file("requirements.txt")? {
        let what = "charm-strict-dependencies needs a requirements file";
        return refused("charm-strict-dependencies", what, "write `charm-requirements: [requirements.txt]`");
    }
    Ok(None)
}

fn npm(project: &Source, path: &[&str], part: &Mapping) -> Option<Finding> {
    let node = part.get("npm-include-node").and_then(Value::as_bool).unwrap_or(false);
    let version = part.get("npm-node-version").is_some_and(|version| !version.is_null());
    let path = [path, &[if node { "npm-include-node" } else { "npm-node-version" }]].concat();
    let what = "npm-include-node and npm-node-version need each other";
    (node != version).then(|| project.refused(&path, what, "write both, or neither"))
}

fn rust(project: &Source, path: &[&str], part: &Mapping) -> Option<Finding> {
    let channel = yaml::text(part, "rust-channel")?;
    let (name, rest) = channel.split_once('-').map_or((channel, None), |(name, rest)| (name, Some(rest)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<&str> = name.split('.').collect();
    let is_version = matches!(numbers.len(), 2 | 3) && numbers.iter().all(|number| is_number(number));
    let is_rest =
        rest.is_none_or(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_'));
    let good = channel == "none" || is_rest && (is_version || ["stable", "beta", "nightly"].contains(&name));
    let path = [path, &["rust-channel"]].concat();
    (!good).then(|| {
        project.refused(&path, format!("{channel} is no channel of Rust"), "take stable, beta, nightly or a version")
    })
}

#[cfg(test)]
mod tests {
    use super::super::kind::Kind;
    use super::*;

    #[test]
    fn the_tables_are_read() {
        assert_eq!(PLUGINS["rust"]["rust-features"], Kind::Set);
        assert_eq!(PART["prime"], Kind::Paths);
    }
}
