//! Faults of a project: refusals of Juju or charmcraft, and advice on likely mistakes.
//!
//! Rules of the extensions are in `extension/rules.rs`, those of `paas-config.yaml` in `lint/paas_config.rs`,
//! charmcraft's own in `lint/charmcraft.rs`, Juju's in `lint/juju.rs`.

mod charmcraft;
pub(crate) mod declared;
mod juju;
mod paas_config;
mod unused;

pub(crate) use charmcraft::is_key;
pub use unused::INTERFACES;

use std::path::Path;

use serde_yaml::Mapping;

use crate::finding::Finding;
use crate::folder::Folder;
use crate::old_form::OldForm;
use crate::yaml::{self, section};
use crate::{Error, Framework, RustPart, entrypoint, extension, framework, parts, project};

/// Every finding about the project in `dir`, sorted by file and line.
///
/// # Errors
/// When there is no project or it can't be read. A file that isn't YAML is a finding.
pub fn lint(dir: &Path) -> Result<Vec<Finding>, Error> {
    let folder = &Folder::open(dir)?;
    let read = project::source(folder).and_then(|source| Ok((source, OldForm::read(folder)?)));
    let (source, old) = match read {
        Err(Error::Parse { path, source }) => return Ok(vec![no_yaml(file_name(&path), &source)]),
        other => other?,
    };
    let mut found = old.findings(&source);
    let (source, kept) = old.join(source);
    found.extend(charmcraft::findings(&source, folder)?);
    let extension = extension::of(&source).unwrap_or_else(|finding| {
        found.push(finding);
        None
    });
    found.extend(extension.iter().flat_map(|extension| extension::findings(extension, &source)));
    let expanded = extension.as_ref().map(|extension| extension.expand(&source.document));
    let metadata = deployed(expanded.as_ref().unwrap_or(&source.document), kept.metadata.as_ref());
    found.extend(juju::findings(&source, &metadata));
    let framework = match extension {
        Some(extension) => Some(extension.framework),
        None => named(folder)?.or_else(|| framework::shown(&section(&metadata, "containers"))),
    };
    let text = project::switches(folder, &source.document)?;
    let own = entrypoint::read(folder, &entrypoint::Context::of(framework, &metadata, text.as_deref()))?;
    let framework = framework.or(own.framework);
    found.extend(text.iter().flat_map(|text| declared::findings(text, &metadata)));
    if let Some(framework) = framework {
        found.extend(own.findings);
        // A refused declaration is judged once it is mended, and a crate may use any.
        if !found.iter().any(Finding::is_refusal) && RustPart::extending(dir)?.is_none() {
            let declared = own.counterpart.join(yaml::parse(&text.unwrap_or_default()).unwrap_or_default());
            let switches = switches::Switches::parse(yaml::write(&declared).as_bytes()).unwrap_or_default();
            found.extend(unused::findings(&source, framework, &switches));
        }
    }
    found.extend(paas_config::findings(&settings(&source.document, folder)?, framework)?);
    found.sort();
    found.dedup();
    Ok(found)
}

/// Declarations that Juju reads: a `metadata.yaml` of the project instead of those in `charmcraft.yaml`.
fn deployed(project: &Mapping, metadata: Option<&Mapping>) -> Mapping {
    let Some(metadata) = metadata else { return project.clone() };
    let mut all = metadata.clone();
    for key in ["config", "actions"] {
        all.extend(project.get(key).map(|value| (key.into(), value.clone())));
    }
    all
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of `paas-config.yaml`: the project's, or the source of the part that dumps the file.
fn settings(project: &Mapping, dir: &Folder) -> Result<Folder, Error> {
    let dumped = if dir.has_file(paas_config::FILE)? { None } else { parts::dumped(project, dir, paas_config::FILE)? };
    let place = dumped.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    Ok(dir.folder(place)?)
}

/// The framework in `webcharm.yaml`, for a project without an extension.
fn named(dir: &Folder) -> Result<Option<Framework>, Error> {
    Ok(framework::declared(&dir.text(declared::FILE)?.unwrap_or_default()))
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
