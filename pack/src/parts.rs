//! The `dump` parts of `charmcraft.yaml`, which copy a folder's files into the charm.

use std::path::{Path, PathBuf};

use serde_yaml::{Mapping, Value};

use crate::folder::Folder;
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
