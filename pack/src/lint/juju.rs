//! Rules of Juju, which it enforces when the charm is deployed.

use serde_yaml::{Mapping, Value};

use super::charmcraft::no_mapping;
use crate::finding::Finding;
use crate::project::CHARMCRAFT;
use crate::source::Source;
use crate::yaml;

/// Every violation in `expanded`, placed in the file that it was expanded from.
pub(crate) fn findings(project: &Source, expanded: &Mapping) -> Vec<Finding> {
    let sections = ["requires", "provides", "peers", "containers", "resources", "config", "actions", "platforms"];
    let wrong: Vec<Finding> = sections.into_iter().filter_map(|key| no_mapping(project, expanded, key)).collect();
    if !wrong.is_empty() {
        return wrong;
    }
    let mut found: Vec<Finding> = declarations(project, expanded).into_iter().collect();
    found.extend(options(project, expanded));
    found.extend(actions(project, expanded));
    found.extend(images(project, expanded));
    found.extend(mounts(project, expanded));
    found.extend(file_names(project, expanded));
    found
}

/// The first error of our own reader of charm metadata, which follows Juju's rules.
fn declarations(project: &Source, expanded: &Mapping) -> Option<Finding> {
    // The reader stops at a missing name, which has a finding already.
    yaml::text(expanded, "name")?;
    match juju::CharmFiles::parse_charmcraft(CHARMCRAFT, &yaml::write(expanded)) {
        Ok(_) => None,
        Err(juju::MetadataError::Invalid { key, why, .. }) => {
            let path: Vec<&str> = key.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect();
            Some(project.refused(&path, format!("Juju refuses {key}: {why}"), "correct it"))
        }
        Err(other) => Some(project.refused(&[], format!("Juju can't read this: {other}"), "mend it")),
    }
}

fn options(project: &Source, expanded: &Mapping) -> Vec<Finding> {
    let options = yaml::section(&yaml::section(expanded, "config"), "options");
    let mut found = Vec::new();
    for (name, option) in options.iter().filter_map(|(name, option)| Some((name.as_str()?, option))) {
        let path = ["config", "options", name];
        if option.get("type").is_none() {
            let what = format!("the option {name} has no type");
            found.push(project.refused(&path, what, "write `type: string`, int, float, boolean or secret"));
        }
        if name == "model-config" {
            let what = "the Python framework fails on an option of the name model-config";
            found.push(project.refused(&path, what, "rename it, unless only this charm is to be used").into_advice());
        }
    }
    found
}

fn actions(project: &Source, expanded: &Mapping) -> Vec<Finding> {
    let actions = yaml::section(expanded, "actions");
    let wrong = yaml::keys(&actions).filter_map(|name| {
        let remedy = if name == "juju" || name.starts_with("juju-") {
            "names that begin with juju are Juju's: rename it"
        } else if is_action(name) {
            return None;
        } else {
            "take lower-case letters, digits and dashes, beginning with a letter and not ending with a dash"
        };
        Some(project.refused(&["actions", name], format!("Juju refuses an action of the name {name}"), remedy))
    });
    wrong.collect()
}

fn is_action(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.starts_with(|first: char| first.is_ascii_lowercase()) && !name.ends_with('-') && name.bytes().all(allowed)
}

/// Containers whose image isn't a resource of the type `oci-image`.
fn images(project: &Source, expanded: &Mapping) -> Vec<Finding> {
    let resources = yaml::section(expanded, "resources");
    let containers = yaml::section(expanded, "containers");
    let wrong = containers.iter().filter_map(|(name, container)| {
        let (name, resource) = (name.as_str()?, container.get("resource")?.as_str()?);
        let kind = resources.get(resource).and_then(|resource| resource.get("type")).and_then(Value::as_str);
        let what = format!("the container {name} has no image: {resource} is no resource of the type oci-image");
        let remedy = format!("declare it: `resources: {{{resource}: {{type: oci-image}}}}`");
        (kind != Some("oci-image")).then(|| project.refused(&["containers", name, "resource"], what, remedy))
    });
    wrong.collect()
}

/// Mounts of a container whose storage the charm doesn't declare.
fn mounts(project: &Source, expanded: &Mapping) -> Vec<Finding> {
    let storages = yaml::section(expanded, "storage");
    let containers = yaml::section(expanded, "containers");
    let each =
        containers.iter().filter_map(|(name, content)| Some((name.as_str()?, content.get("mounts")?.as_sequence()?)));
    let wrong =
        each.flat_map(|(name, mounts)| mounts.iter().map(move |mount| (name, mount))).filter_map(|(name, mount)| {
            let storage = mount.get("storage")?.as_str()?;
            let what = format!("Juju refuses containers.{name}.mounts: there is no storage {storage}");
            let remedy = format!("declare it: `storage: {{{storage}: {{type: filesystem}}}}`");
            (!storages.contains_key(storage)).then(|| project.refused(&["containers", name, "mounts"], what, remedy))
        });
    wrong.collect()
}

/// Resources of the type `file` without the name of a file.
fn file_names(project: &Source, expanded: &Mapping) -> Vec<Finding> {
    let resources = yaml::section(expanded, "resources");
    let is_file = |content: &Value| content.get("type").and_then(Value::as_str) == Some("file");
    let name = |content: &Value| content.get("filename").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    let bad = |name: String| name.is_empty() || name.contains('/');
    let wrong = resources.iter().filter(|(_, content)| is_file(content) && bad(name(content)));
    wrong
        .filter_map(|(resource, _)| resource.as_str())
        .map(|resource| {
            let what = format!("Juju refuses resources.{resource}: a file needs a filename without a slash");
            project.refused(&["resources", resource], what, "write `filename: NAME`")
        })
        .collect()
}
