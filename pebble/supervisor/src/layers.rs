//! The layers directory: its files in order, with their labels.
//!
//! ```text
//! 001-base.yaml            order 1000  label base
//! 002-extra.d/001-web.yaml order 2001  label extra/web
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pebble::plan::{self, Layer, LayerFile};

use crate::errno;
use crate::users::{RunAs, Users};

/// A layers directory that can't be used. The texts are Pebble's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read layers directory: open {}: {}", path.display(), errno::text(error))]
    Directory { path: PathBuf, error: io::Error },
    #[error("cannot read layer file: open {}: {}", path.display(), errno::text(error))]
    File { path: PathBuf, error: io::Error },
    #[error(r#"invalid layer {kind}: {name:?} (must look like "123-some-label{ending}")"#)]
    Name { kind: &'static str, name: String, ending: &'static str },
    #[error("invalid layer filename: {name:?} not unique (have \"{order:03}-{label}.yaml\" already)")]
    NotUnique { name: String, order: u32, label: String },
    #[error("cannot have a layers sub-directory at this level")]
    TooDeep,
    #[error(transparent)]
    Layer(#[from] plan::Error),
}

struct Entry {
    path: PathBuf,
    file: LayerFile,
    is_directory: bool,
}

/// Reads all layers in order; a missing directory has no layers.
pub(crate) fn read(directory: &Path) -> Result<Vec<Layer>, Error> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut layers = Vec::new();
    for Entry { path, file, is_directory } in entries(directory, true)? {
        if !is_directory {
            layers.push(layer(&path, &file.label, file.order * 1000)?);
            continue;
        }
        for inner in entries(&path, false)? {
            let label = format!("{}/{}", file.label, inner.file.label);
            layers.push(layer(&inner.path, &label, file.order * 1000 + inner.file.order)?);
        }
    }
    Ok(layers)
}

fn layer(path: &Path, label: &str, order: u32) -> Result<Layer, Error> {
    let text = fs::read(path).map_err(|error| Error::File { path: path.to_owned(), error })?;
    Ok(Layer { order, ..parse(label, &text)? })
}

/// Parses a layer, whose checks must run as users and groups of this system.
///
/// # Errors
/// As [`Layer::parse_labelled`], or an unknown user or group, in Pebble's words.
pub(crate) fn parse(label: &str, text: &[u8]) -> Result<Layer, plan::Error> {
    let layer = Layer::parse_labelled(label, text)?;
    for (name, check) in &layer.checks {
        let Some(exec) = &check.exec else { continue };
        let run_as = RunAs {
            user_id: exec.user_id.map(i64::from),
            user: &exec.user,
            group_id: exec.group_id.map(i64::from),
            group: &exec.group,
        };
        let wrong =
            |why| plan::Error::Invalid(format!("plan check {} has invalid user/group: {why}", plan::quote(name)));
        Users::read().resolve(run_as).map_err(wrong)?;
    }
    Ok(layer)
}

/// Checks that the workloads' users and groups are of this system.
///
/// # Errors
/// An unknown user or group, in Pebble's words.
pub(crate) fn check_workloads(layer: &Layer) -> Result<(), plan::Error> {
    for (name, workload) in &layer.workloads {
        let run_as = RunAs {
            user_id: workload.user_id.map(i64::from),
            user: &workload.user,
            group_id: workload.group_id.map(i64::from),
            group: &workload.group,
        };
        let wrong = |why| plan::Error::Invalid(format!("workload {}: {why}", plan::quote(name)));
        Users::read().resolve(run_as).map_err(wrong)?;
    }
    Ok(())
}

fn entries(directory: &Path, directories: bool) -> Result<Vec<Entry>, Error> {
    let failed = |error| Error::Directory { path: directory.to_owned(), error };
    let names: io::Result<Vec<_>> =
        fs::read_dir(directory).map_err(failed)?.map(|entry| Ok(entry?.file_name())).collect();
    let mut names: Vec<String> =
        names.map_err(failed)?.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    let mut found: Vec<Entry> = Vec::new();
    // Other files are ignored.
    for name in names.into_iter().filter(|name| name.ends_with(".yaml") || name.ends_with(".d")) {
        let entry = entry(directory, &name, directories)?;
        let same = |other: &&Entry| other.file.order == entry.file.order || other.file.label == entry.file.label;
        if let Some(Entry { file: LayerFile { order, label }, .. }) = found.iter().find(same) {
            return Err(Error::NotUnique { name, order: *order, label: label.clone() });
        }
        found.push(entry);
    }
    Ok(found)
}

fn entry(directory: &Path, name: &str, directories: bool) -> Result<Entry, Error> {
    let path = directory.join(name);
    let metadata = fs::metadata(&path).map_err(|error| Error::File { path: path.clone(), error })?;
    let is_directory = metadata.is_dir();
    let (kind, ending) = if is_directory { ("sub-directory name", ".d") } else { ("filename", ".yaml") };
    let file = LayerFile::parse(name).ok_or_else(|| Error::Name { kind, name: name.to_owned(), ending })?;
    if is_directory && !directories {
        return Err(Error::TooDeep);
    }
    Ok(Entry { path, file, is_directory })
}

/// Values of `--args`: arguments by service name.
pub(crate) type ServiceArgs = BTreeMap<String, Vec<String>>;

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    const LAYER: &str = "services:\n  web:\n    override: replace\n    command: web\n";

    #[test]
    fn reads_two_levels_in_order() {
        let directory = tempdir().unwrap();
        let path = directory.path();
        fs::create_dir(path.join("002-more.d")).unwrap();
        for name in ["003-last.yaml", "001-base.yaml", "002-more.d/002-two.yaml", "002-more.d/001-one.yaml"] {
            fs::write(path.join(name), LAYER).unwrap();
        }
        fs::write(path.join("README"), "not a layer").unwrap();
        let layers = read(path).unwrap();
        let shown: Vec<_> = layers.iter().map(|layer| (layer.order, layer.label.as_str())).collect();
        assert_eq!(shown, [(1000, "base"), (2001, "more/one"), (2002, "more/two"), (3000, "last")]);
        assert!(read(&path.join("nope")).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_is_not_clear() {
        let message = |names: &[&str]| {
            let directory = tempdir().unwrap();
            names.iter().for_each(|name| fs::write(directory.path().join(name), LAYER).unwrap());
            read(directory.path()).unwrap_err().to_string()
        };
        let expected = r#"invalid layer filename: "1-x.yaml" (must look like "123-some-label.yaml")"#;
        assert_eq!(message(&["1-x.yaml"]), expected);
        let expected = r#"invalid layer filename: "001-two.yaml" not unique (have "001-one.yaml" already)"#;
        assert_eq!(message(&["001-one.yaml", "001-two.yaml"]), expected);
        assert!(message(&["001-one.yaml", "002-one.yaml"]).contains("not unique"));
    }
}
