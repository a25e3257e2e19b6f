//! The `dump` parts of `charmcraft.yaml`, which copy a folder's files into the charm.

use std::path::{Path, PathBuf};

use serde_yaml::{Mapping, Value};

use crate::folder::{Folder, Kind};
use crate::{Error, yaml};

/// Path in `dir` of the file `name`, in the source of the first `dump` part of `project` that has and keeps it.
///
/// # Errors
/// When a part's source lies outside of `dir`.
pub(crate) fn dumped(project: &Mapping, dir: &Folder, name: &str) -> Result<Option<PathBuf>, Error> {
    let parts = yaml::section(project, "parts");
    let kept = parts.values().filter_map(Value::as_mapping).filter(|part| keeps(part, name));
    for source in kept.filter_map(|part| yaml::text(part, "source")) {
        let path = Path::new(source).join(name);
        if dir.has_file(&path)? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Names that a part's source never has: `charmcraft.yaml`, packed charms, and outputs of tools.
const IGNORED: [&str; 5] = ["charmcraft.yaml", ".git", ".venv", ".tox", "target"];

/// The files that the `dump` parts of `project` bring into the charm: their name there, and their path in `dir`.
///
/// # Errors
/// When a part's source lies outside of `dir` or can't be read.
pub(crate) fn files(project: &Mapping, dir: &Folder) -> Result<Vec<(String, PathBuf)>, Error> {
    let parts = yaml::section(project, "parts");
    let mut files = Vec::new();
    for part in parts.values().filter_map(Value::as_mapping) {
        if yaml::text(part, "plugin") == Some("dump")
            && let Some(source) = yaml::text(part, "source")
        {
            let mut found = Vec::new();
            walk(dir, Path::new(source), Path::new(""), &mut found)?;
            let kept = found.into_iter().filter_map(|path| Some((target(part, &path)?, Path::new(source).join(path))));
            files.extend(kept);
        }
    }
    Ok(files)
}

/// The paths of all files below `path` in the folder `source`.
fn walk(dir: &Folder, source: &Path, path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for (name, kind) in dir.entries(source.join(path))? {
        let text = name.to_string_lossy();
        if IGNORED.contains(&text.as_ref()) || text.ends_with(".charm") {
            continue;
        }
        match kind {
            Kind::Folder => walk(dir, source, &path.join(&name), found)?,
            Kind::File => found.push(path.join(&name)),
            _ => {}
        }
    }
    Ok(())
}

/// The name in the charm of a file of a `dump` part, if `stage` and `prime` keep it. `organize` renames files and folders.
fn target(part: &Mapping, path: &Path) -> Option<String> {
    let organized = yaml::section(part, "organize");
    let moved = organized.iter().find_map(|(from, to)| {
        let (from, to) = (from.as_str()?.trim_end_matches('/'), to.as_str()?);
        let rest = path.strip_prefix(from).ok()?;
        let into = Path::new(to);
        Some(match rest.as_os_str().is_empty() {
            true if to.ends_with('/') => into.join(path.file_name()?),
            true => into.to_owned(),
            false => into.join(rest),
        })
    });
    let name = moved.unwrap_or_else(|| path.to_owned());
    (chosen(part, "stage", &name) && chosen(part, "prime", &name)).then(|| name.to_string_lossy().into_owned())
}

/// True if the filter under `key` keeps the file `name`. A rule names a file, a folder, or all of a folder: `a`, `a/`, `a/*`.
fn chosen(part: &Mapping, key: &str, name: &Path) -> bool {
    let rules: Vec<&str> =
        part.get(key).and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_str).collect();
    let covers = |rule: &str| {
        let folder = rule.trim_end_matches("**").trim_end_matches('*').trim_end_matches('/');
        folder.is_empty() || name.starts_with(folder)
    };
    let mut kept = rules.iter().filter(|rule| !rule.starts_with('-')).peekable();
    let is_kept = kept.peek().is_none() || kept.any(|rule| covers(rule));
    is_kept && !rules.iter().filter_map(|rule| rule.strip_prefix('-')).any(covers)
}

/// True for a `dump` part whose `organize`, `stage` and `prime` neither move nor drop the file `name`.
fn keeps(part: &Mapping, name: &str) -> bool {
    let list = |key| part.get(key).and_then(Value::as_sequence).map(Vec::as_slice).unwrap_or_default();
    let named = |rule: &Value| rule.as_str() == Some(name);
    let left_out = |rule: &Value| rule.as_str().is_some_and(|rule| rule.strip_prefix('-') == Some(name));
    let is_plain = |rule: &Value| rule.as_str().is_some_and(|rule| !rule.starts_with('-'));
    let chosen =
        |rules: &[Value]| !rules.iter().any(left_out) && (!rules.iter().any(is_plain) || rules.iter().any(named));
    yaml::text(part, "plugin") == Some("dump")
        && !yaml::section(part, "organize").contains_key(name)
        && chosen(list("stage"))
        && chosen(list("prime"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_dump_parts_are_filtered_and_renamed() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["f/a", "f/sub/b", "f/sub/c", "f/charmcraft.yaml", "f/.git/config", "f/x_1.charm", "g/d"] {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap();
        for (part, expected) in [
            ("plugin: dump, source: f", "a=f/a sub/b=f/sub/b sub/c=f/sub/c"),
            ("plugin: dump, source: f, prime: [sub]", "sub/b=f/sub/b sub/c=f/sub/c"),
            ("plugin: dump, source: f, prime: [-sub/*]", "a=f/a"),
            ("plugin: dump, source: f, stage: [sub/b]", "sub/b=f/sub/b"),
            ("plugin: dump, source: f, organize: {a: bin/, sub: lib}, prime: [bin, lib/c]", "bin/a=f/a lib/c=f/sub/c"),
            ("plugin: nil, source: f", ""),
        ] {
            let project = serde_yaml::from_str(&format!("parts: {{p: {{{part}}}}}")).unwrap();
            let found = files(&project, &folder).unwrap();
            let shown: Vec<String> = found.iter().map(|(name, path)| format!("{name}={}", path.display())).collect();
            assert_eq!(shown.join(" "), expected, "{part}");
        }
        let outside = serde_yaml::from_str("parts: {p: {plugin: dump, source: ../f}}").unwrap();
        files(&outside, &folder).unwrap_err();
    }

    #[test]
    fn a_file_comes_from_the_first_dump_part_that_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["one", "two"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
            std::fs::write(dir.path().join(folder).join("icon.svg"), folder).unwrap();
        }
        let folder = Folder::open(dir.path()).unwrap();
        for (first, expected) in [
            ("plugin: dump, source: one", Some("one")),
            ("plugin: dump, source: one, prime: [icon.svg]", Some("one")),
            ("plugin: dump, source: one, stage: [-other]", Some("one")),
            ("plugin: dump, source: one, prime: [-icon.svg]", Some("two")),
            ("plugin: dump, source: one, stage: [other]", Some("two")),
            ("plugin: dump, source: one, organize: {icon.svg: other}", Some("two")),
            ("plugin: dump, source: nowhere", Some("two")),
            ("plugin: nil, source: one", Some("two")),
        ] {
            let parts = format!("parts: {{a: {{{first}}}, b: {{plugin: dump, source: two}}}}");
            let found = dumped(&serde_yaml::from_str(&parts).unwrap(), &folder, "icon.svg").unwrap();
            assert_eq!(found, expected.map(|folder| Path::new(folder).join("icon.svg")), "{first}");
        }
        assert_eq!(dumped(&Mapping::new(), &folder, "icon.svg").unwrap(), None);
        let outside = serde_yaml::from_str("parts: {a: {plugin: dump, source: ../one}}").unwrap();
        assert!(dumped(&outside, &folder, "icon.svg").is_err());
    }
}
