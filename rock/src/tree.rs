//! The dump plugin: a folder's files, renamed by `organize`, chosen by `stage`.
//!
//! Paths in `organize` and `stage` are files or whole folders; patterns are not supported, and a rule that matches nothing
//! is an error, because a file that is silently missing from an image is the dearest kind of typing mistake.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::project::Part;

/// Names that never belong into an image.
const LEFT_OUT: [&str; 3] = [".git", "__pycache__", "node_modules"];

/// Why a part can't be laid out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source folder is missing.
    #[error("there is no source folder {0}")]
    NoSource(String),
    /// A rule names a file that isn't there.
    #[error("rockcraft.yaml names {0}, which its source doesn't have")]
    Unmatched(String),
    /// A file can't be read or written.
    #[error("cannot copy {path}")]
    Copy {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// The folder that `part` is built from.
///
/// # Errors
/// When there is none.
pub fn source(root: &Path, part: &Part) -> Result<PathBuf, Error> {
    let source = root.join(part.source.as_deref().unwrap_or("."));
    if source.is_dir() { Ok(source) } else { Err(Error::NoSource(source.display().to_string())) }
}

/// Copies the files of `part` into `into`.
///
/// # Errors
/// When the source or a file that a rule names isn't there, or a file can't be copied.
pub fn dump(root: &Path, part: &Part, into: &Path) -> Result<(), Error> {
    let source = source(root, part)?;
    let mut files = BTreeMap::new();
    collect(&source, Path::new(""), part, &mut files)?;
    check_rules(part, &files)?;
    for (target, from) in files.iter().filter(|(target, _)| staged(&part.stage, target)) {
        copy(&source.join(from), &into.join(target)).map_err(|error| failed(from, error))?;
    }
    Ok(())
}

/// Every file's place in the image, with the path it comes from.
fn collect(source: &Path, below: &Path, part: &Part, files: &mut BTreeMap<PathBuf, PathBuf>) -> Result<(), Error> {
    let entries = fs::read_dir(source.join(below)).map_err(|error| failed(below, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| failed(below, error))?;
        let path = below.join(entry.file_name());
        if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type().map_err(|error| failed(&path, error))?.is_dir() {
            collect(source, &path, part, files)?;
        } else {
            files.insert(organized(&part.organize, &path), path);
        }
    }
    Ok(())
}

/// Where `organize` puts `path`: the rule for the longest folder above it wins.
fn organized(rules: &BTreeMap<String, String>, path: &Path) -> PathBuf {
    for from in path.ancestors() {
        if let Some(to) = rules.get(from.to_string_lossy().as_ref()).filter(|_| from != Path::new("")) {
            let rest = path.strip_prefix(from).expect("an ancestor is a prefix");
            let to = Path::new(to.trim_matches('/'));
            return if rest == Path::new("") { to.to_owned() } else { to.join(rest) };
        }
    }
    path.to_owned()
}

fn staged(rules: &[String], target: &Path) -> bool {
    let (out, kept): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.starts_with('-'));
    let below = |rule: &&String| target.starts_with(rule.trim_start_matches('-').trim_matches('/'));
    !out.iter().any(below) && (kept.is_empty() || kept.iter().any(below))
}

fn check_rules(part: &Part, files: &BTreeMap<PathBuf, PathBuf>) -> Result<(), Error> {
    let unmatched_source = part.organize.keys().find(|from| !files.values().any(|path| path.starts_with(from)));
    let unmatched_target = part
        .stage
        .iter()
        .find(|rule| !rule.starts_with('-') && !files.keys().any(|target| target.starts_with(rule.trim_matches('/'))));
    match unmatched_source.or(unmatched_target) {
        Some(rule) => Err(Error::Unmatched(rule.clone())),
        None => Ok(()),
    }
}

/// Copies one file or symbolic link, with its mode.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    if from.symlink_metadata()?.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Copy { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in ["app.py", "static/a.css", "static/deep/b.css", "notes.txt", "__pycache__/x.pyc"] {
            fs::create_dir_all(dir.path().join("src").join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join("src").join(file), file).unwrap();
        }
        dir
    }

    fn dumped(rules: &str) -> Result<Vec<String>, Error> {
        let dir = sample();
        let part: Part = serde_yaml::from_str(rules).unwrap();
        dump(dir.path(), &part, &dir.path().join("out"))?;
        let mut files = BTreeMap::new();
        collect(&dir.path().join("out"), Path::new(""), &Part::default(), &mut files)?;
        Ok(files.into_keys().map(|path| path.display().to_string()).collect())
    }

    #[test]
    fn without_rules_everything_keeps_its_place() {
        let files = dumped("source: src").unwrap();
        assert_eq!(files, ["app.py", "notes.txt", "static/a.css", "static/deep/b.css"]);
    }

    #[test]
    fn organize_moves_files_and_folders_and_stage_chooses() {
        let files = dumped(
            "{source: src, organize: {app.py: x/app/app.py, static: x/app/s, static/deep: x/deep}, stage: [x, -x/app/s]}",
        );
        assert_eq!(files.unwrap(), ["x/app/app.py", "x/deep/b.css"]);
    }

    #[test]
    fn a_rule_that_matches_nothing_is_named() {
        for rules in ["{source: src, organize: {ap.py: x}}", "{source: src, stage: [ap.py]}"] {
            let error = dumped(rules).unwrap_err();
            assert_eq!(error.to_string(), "rockcraft.yaml names ap.py, which its source doesn't have");
        }
        assert!(matches!(dumped("source: elsewhere"), Err(Error::NoSource(_))));
    }

    #[test]
    fn modes_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = sample();
        let script = dir.path().join("src/run.sh");
        fs::write(&script, "#!").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        symlink("run.sh", dir.path().join("src/link")).unwrap();
        let part = Part { source: Some("src".to_owned()), ..Part::default() };
        dump(dir.path(), &part, &dir.path().join("out")).unwrap();
        let mode = fs::metadata(dir.path().join("out/run.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(fs::read_link(dir.path().join("out/link")).unwrap(), Path::new("run.sh"));
    }
}
