//! Faults of a project: refusals of Juju or charmcraft, and advice on likely mistakes.
//!
//! Rules of the extensions are in `extension/rules.rs`, those of `paas-config.yaml` in `lint/paas_config.rs`,
//! charmcraft's own in `lint/charmcraft.rs`, Juju's in `lint/juju.rs`.

mod charmcraft;
mod juju;
mod paas_config;

use std::path::Path;

use serde_yaml::Mapping;

use crate::extension::{self, Extension};
use crate::finding::Finding;
use crate::folder::Folder;
use crate::project::CHARMCRAFT;
use crate::{Error, Framework, entrypoint, parts, project};

/// Every finding about the project in `dir`, sorted by file and line.
///
/// # Errors
/// When there is no project or it can't be read. A file that isn't YAML is a finding.
pub fn lint(dir: &Path) -> Result<Vec<Finding>, Error> {
    let folder = &Folder::open(dir)?;
    let source = match project::source(folder) {
        Err(Error::Parse { source, .. }) => return Ok(vec![no_yaml(CHARMCRAFT, &source)]),
        other => other?,
    };
    let mut found = charmcraft::findings(&source, folder)?;
    let framework = match Extension::of(&source) {
        Err(finding) => {
            found.push(finding);
            None
        }
        Ok(None) => {
            found.extend(juju::findings(&source, &source.document));
            declared(folder)?.or_else(|| Framework::shown(&source.section("containers")))
        }
        Ok(Some(extension)) => {
            found.extend(extension::findings(&extension, &source));
            found.extend(juju::findings(&source, &extension.expand(&source.document)));
            Some(extension.framework)
        }
    };
    found.extend(entrypoint::finding(folder, framework)?);
    found.extend(paas_config::findings(&settings(&source.document, folder)?, framework)?);
    found.sort();
    Ok(found)
}

/// The folder of `paas-config.yaml`: the project's, or the source of the part that dumps the file.
fn settings(project: &Mapping, dir: &Folder) -> Result<Folder, Error> {
    let dumped = if dir.has_file(paas_config::FILE)? { None } else { parts::dumped(project, dir, paas_config::FILE)? };
    let place = dumped.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    Ok(dir.folder(place)?)
}

/// The framework in `webcharm.yaml`, for a project without an extension.
fn declared(dir: &Folder) -> Result<Option<Framework>, Error> {
    Ok(Framework::declared(&dir.text("webcharm.yaml")?.unwrap_or_default()))
}

fn no_yaml(file: &str, error: &::yaml::Error) -> Finding {
    let line = error.place().map(|(line, _)| line);
    let what = match error {
        ::yaml::Error::Syntax(error) => format!("this isn't the YAML of a mapping: {error}"),
        limit => format!("this can't be read: {limit}"),
    };
    Finding { line, ..Finding::of_file(file, what, "mend it") }
}

#[cfg(test)]
mod tests;
