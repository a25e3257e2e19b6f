//! Rules of charmcraft for every project.

use std::ffi::OsString;

use serde_yaml::{Mapping, Value};

use crate::finding::Finding;
use crate::folder::{self, Folder, Kind};
use crate::platform::Platform;
use crate::project::COS;
use crate::source::Source;
use crate::yaml;

/// The keys of `charmcraft.yaml`.
const KEYS: [&str; 31] = [
    "actions",
    "adopt-info",
    "analysis",
    "assumes",
    "base",
    "bases",
    "build-base",
    "charm-libs",
    "charm-user",
    "charmhub",
    "config",
    "containers",
    "description",
    "devices",
    "extensions",
    "extra-bindings",
    "links",
    "name",
    "package-repositories",
    "parts",
    "peers",
    "platforms",
    "provides",
    "requires",
    "resources",
    "storage",
    "subordinate",
    "summary",
    "terms",
    "title",
    "type",
];

const ARCHITECTURES: [&str; 7] = ["amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"];

/// Files whose content belongs into `charmcraft.yaml` since charmcraft 3.
const OLD_FILES: [&str; 3] = ["metadata.yaml", "config.yaml", "actions.yaml"];

/// The folders allowed for the author's dashboards and alert rules.
const COS_FOLDERS: [&str; 3] = ["grafana_dashboards", "loki_alert_rules", "prometheus_alert_rules"];

pub(crate) fn findings(project: &Source, dir: &Folder) -> Result<Vec<Finding>, folder::Error> {
    let mut found = keys(project);
    found.extend(texts(project));
    found.extend(kinds(project));
    found.extend(platforms(project));
    found.extend(old_files(dir)?);
    found.extend(cos(dir)?);
    Ok(found)
}

fn keys(project: &Source) -> Vec<Finding> {
    let unknown = yaml::keys(&project.document).filter(|key| !KEYS.contains(key));
    unknown
        .map(|key| project.refused(&[key], format!("charmcraft.yaml has no key {key}"), "correct or remove it"))
        .collect()
}

fn texts(project: &Source) -> Vec<Finding> {
    let required = ["name", "summary", "description"];
    let missing = |key: &&str| yaml::text(&project.document, key).is_none_or(str::is_empty);
    let mut found: Vec<Finding> = required
        .into_iter()
        .filter(missing)
        .map(|key| project.refused(&[key], format!("a charm needs a {key}"), format!("write `{key}: …`")))
        .collect();
    if let Some(name) = yaml::text(&project.document, "name").filter(|name| !name.is_empty() && !is_name(name)) {
        let remedy =
            "take at most 40 lower-case letters, digits and single dashes between them, with a letter among them";
        found.push(project.refused(&["name"], format!("{name} is no name for a charm"), remedy));
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

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 40
        && name.bytes().all(allowed)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn kinds(project: &Source) -> Vec<Finding> {
    let one_of = |key: &str, allowed: &[&str]| {
        let text = project.document.get(key)?;
        let known = text.as_str().is_some_and(|text| allowed.contains(&text));
        let remedy = format!("take one of {}", allowed.join(", "));
        (!known).then(|| project.refused(&[key], format!("this is no {key}"), remedy))
    };
    let untyped = !project.document.contains_key("type") && !project.document.contains_key("extensions");
    let missing = untyped.then(|| project.refused(&[], "charmcraft.yaml has no type", "write `type: charm`"));
    let user = one_of("charm-user", &["root", "sudoer", "non-root"]);
    // With an extension, its own rule checks the type.
    let kind = if project.document.contains_key("extensions") { None } else { one_of("type", &["charm"]) };
    missing.into_iter().chain(user).chain(kind).collect()
}

fn platforms(project: &Source) -> Vec<Finding> {
    if project.document.contains_key("bases") {
        let remedy = "write `base: ubuntu@24.04` and `platforms:` with `amd64:` in it";
        return vec![project.refused(&["bases"], "bases are charmcraft's old form", remedy)];
    }
    let Some(platforms) = Platform::all(&project.document) else {
        let remedy = "write `base: ubuntu@24.04` and `platforms:` with `amd64:` in it";
        return vec![project.refused(&["platforms"], "a charm needs a base and platforms", remedy)];
    };
    if let Some(platform) = platforms.iter().find(|platform| !platform.names_a_file()) {
        let what = format!("{} is no name for a platform: it becomes a part of the charm's file name", platform.label);
        return vec![project.refused(&["platforms", &platform.label], what, "take letters, digits and dashes")];
    }
    let unknown = platforms.iter().filter(|platform| !ARCHITECTURES.contains(&platform.architecture.as_str()));
    unknown
        .map(|platform| {
            let what = format!("{} is no architecture of a binary", platform.architecture);
            let remedy = format!("take one of {}, or say `build-on` and `build-for`", ARCHITECTURES.join(", "));
            project.refused(&["platforms", &platform.label], what, remedy)
        })
        .collect()
}

fn old_files(dir: &Folder) -> Result<Vec<Finding>, folder::Error> {
    let mut found = Vec::new();
    for file in OLD_FILES {
        if dir.has_file(file)? {
            found.push(Finding::of_file(
                file,
                "it isn't packed",
                "move its content into charmcraft.yaml and remove it",
            ));
        }
    }
    Ok(found)
}

fn cos(dir: &Folder) -> Result<Vec<Finding>, folder::Error> {
    let fine = |(name, kind): &(OsString, Kind)| {
        *kind == Kind::Folder && name.to_str().is_some_and(|name| COS_FOLDERS.contains(&name))
    };
    let stray = dir.entries(COS)?.into_iter().filter(|entry| !fine(entry));
    let finding = |(name, _): (OsString, Kind)| {
        let remedy = format!("move it into one of {}", COS_FOLDERS.join(", "));
        Finding::of_file(
            &format!("{COS}/{}", name.to_string_lossy()),
            format!("{COS} may hold three folders only"),
            remedy,
        )
    };
    Ok(stray.map(finding).collect())
}

/// Refusal of a section that isn't a mapping.
pub(super) fn no_mapping(project: &Source, document: &Mapping, key: &str) -> Option<Finding> {
    let value = document.get(key)?;
    let fine = matches!(value, Value::Mapping(_) | Value::Null);
    (!fine).then(|| project.refused(&[key], format!("{key} must be a mapping"), "write `name: …` lines below it"))
}
