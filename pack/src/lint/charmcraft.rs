//! Rules of charmcraft for every project: what its models accept before it builds.
//!
//! `tests/corpus` has projects with charmcraft's verdicts, which these rules give as well.

mod bases;
mod keys;
mod kind;
mod links;
mod parts;
mod platforms;

use std::ffi::OsString;

use serde_yaml::{Mapping, Value};

use crate::finding::Finding;
use crate::folder::{self, Folder, Kind};
use crate::platform::Platform;
use crate::project::COS;
use crate::source::Source;

/// The folders allowed for the author's dashboards and alert rules.
const COS_FOLDERS: [&str; 3] = ["grafana_dashboards", "loki_alert_rules", "prometheus_alert_rules"];

pub(crate) fn findings(project: &Source, dir: &Folder) -> Result<Vec<Finding>, folder::Error> {
    let mut found = keys::findings(project);
    found.extend(builds(project));
    found.extend(parts::findings(project, dir)?);
    if crate::extension::is_used(project) {
        found.extend(cos(dir)?);
    }
    Ok(found)
}

/// True for a key of `charmcraft.yaml`.
pub(crate) fn is_key(key: &str) -> bool {
    keys::is_known(key)
}

/// Findings about bases and platforms.
fn builds(project: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_old = project.document.contains_key("bases");
    if is_old {
        found.extend(bases::findings(project));
        if project.document.contains_key("platforms") {
            found.extend(platforms::platforms(project));
        }
    } else {
        found.extend(platforms::findings(project));
    }
    found.extend(labels(project));
    found
}

/// Labels that are no part of a file's name.
fn labels(project: &Source) -> Option<Finding> {
    let platforms = Platform::all(&project.document)?;
    let platform = platforms.iter().find(|platform| !platform.names_a_file())?;
    let what = format!("{} is no name for a platform: it becomes a part of the charm's file name", platform.label);
    Some(project.refused(&["platforms", &platform.label], what, "take letters, digits and dashes"))
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
