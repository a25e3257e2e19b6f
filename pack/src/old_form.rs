//! Files of charmcraft's old form beside `charmcraft.yaml`: `metadata.yaml`, `config.yaml` and `actions.yaml`.
//!
//! charmcraft packs each as it is and reads the rest of the project from `charmcraft.yaml`. `config.yaml` and
//! `actions.yaml` stand for the keys `config` and `actions`, `metadata.yaml` for name, summary and description; what is
//! in a file must not be in `charmcraft.yaml` as well.

use serde_yaml::{Mapping, Value};

use crate::finding::Finding;
use crate::folder::Folder;
use crate::source::Source;
use crate::{Error, File, extension};

const METADATA: &str = "metadata.yaml";
const CONFIG: &str = "config.yaml";
const ACTIONS: &str = "actions.yaml";

/// Keys that charmcraft takes from `metadata.yaml`.
const NAMES: [&str; 3] = ["name", "summary", "description"];

/// The files, where they exist.
#[derive(Debug, Default)]
pub(crate) struct OldForm {
    metadata: Option<Source>,
    config: Option<Source>,
    actions: Option<Source>,
}

impl OldForm {
    /// Reads the files of the folder `dir`.
    ///
    /// # Errors
    /// When one isn't the YAML of a mapping. Of `actions.yaml` charmcraft ignores such content.
    pub(crate) fn read(dir: &Folder) -> Result<Self, Error> {
        let actions = match Source::read(dir, ACTIONS) {
            Err(Error::Parse { source: ::yaml::Error::Syntax(error), .. }) if error.location().is_none() => None,
            other => other?,
        };
        Ok(Self { metadata: Source::read(dir, METADATA)?, config: Source::read(dir, CONFIG)?, actions })
    }

    /// Refusals of what is in a file and in `project`, too.
    pub(crate) fn findings(&self, project: &Source) -> Vec<Finding> {
        let twice = |file: &Source, key: &str, path: &[&str]| {
            let what = format!("charmcraft.yaml, or its extension, has {key}, too");
            file.refused(path, what, "keep it in one of the two files")
        };
        let mut found = Vec::new();
        if let Some(file) = &self.metadata {
            let both = |key: &&str| project.document.contains_key(*key) && file.document.contains_key(*key);
            found.extend(NAMES.into_iter().filter(both).map(|key| twice(file, key, &[key])));
        }
        for (file, key) in [(&self.config, "config"), (&self.actions, "actions")] {
            let is_there = project.document.contains_key(key) || extension::is_used(project);
            let both = file.iter().filter(|_| is_there);
            found.extend(both.map(|file| twice(file, key, &[])));
        }
        found
    }

    /// `project` with the files' content, as charmcraft's models see it.
    pub(crate) fn join(self, mut project: Source) -> (Source, Kept) {
        let mut kept = Kept::default();
        if let Some(file) = self.metadata {
            for key in NAMES {
                let value = file.document.get(key).cloned().unwrap_or_default();
                project.document.entry(key.into()).or_insert(value);
            }
            kept.metadata = Some(file.document.clone());
            kept.files.push((METADATA, file.file()));
            project.add(None, file);
        }
        for (file, key, name) in [(self.config, "config", CONFIG), (self.actions, "actions", ACTIONS)] {
            let Some(file) = file.filter(|file| key == "config" || !file.document.is_empty()) else { continue };
            project.document.insert(key.into(), Value::from(file.document.clone()));
            if !file.document.is_empty() {
                kept.files.push((name, file.file()));
            }
            project.add(Some(key), file);
        }
        (project, kept)
    }
}

/// Files of the old form that go into the charm as they are.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The content of `metadata.yaml`.
    pub(crate) metadata: Option<Mapping>,
    /// The files, by name.
    pub(crate) files: Vec<(&'static str, File)>,
}
