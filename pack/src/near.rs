//! Folders around a mistaken one that have the file which is missing there, so that a message can name them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::text::shown;

/// Levels that are looked at above the folder.
const ABOVE: usize = 2;

/// Most folders that a message names.
const MOST: usize = 3;

/// Folders near `dir` that have a regular file `file`: those in it, else `charm` beside it, else those above it. Written
/// as `dir` is, so that they can be typed.
#[must_use]
pub fn near(dir: &Path, file: &str) -> Vec<PathBuf> {
    let has_it = |place: &PathBuf| place.join(file).is_file();
    let mut inside: Vec<_> = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
    inside.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
    inside.sort();
    let inside = inside.iter().map(|name| inner(dir, name)).filter(has_it).collect::<Vec<_>>();
    if !inside.is_empty() {
        return inside;
    }
    let above = std::iter::successors(Some(dir.to_owned()), |place| above(place)).skip(1).take(ABOVE);
    let around = above.flat_map(|place| [place.clone(), inner(&place, OsStr::new("charm"))]);
    around.filter(has_it).take(1).collect()
}

/// The folder above, as a user would type it.
fn above(place: &Path) -> Option<PathBuf> {
    match place.components().next_back() {
        Some(std::path::Component::Normal(_)) => {
            let parent = place.parent()?;
            Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
        }
        Some(std::path::Component::CurDir) => Some(PathBuf::from("..")),
        Some(std::path::Component::ParentDir) => Some(place.join("..")),
        _ => None,
    }
}

fn inner(dir: &Path, name: &OsStr) -> PathBuf {
    if dir == Path::new(".") { PathBuf::from(name) } else { dir.join(name) }
}

/// Advice to name a folder that has `file`, if there is one near `dir`: `name app/charm, which has one`.
#[must_use]
pub fn advice(dir: &Path, file: &str) -> Option<String> {
    let near = near(dir, file);
    let names: Vec<_> = near.iter().take(MOST).map(|place| shown(&place.display().to_string()).into_owned()).collect();
    let more = if near.len() > MOST { ", …" } else { "" };
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("name {one}, which has one")),
        several => Some(format!("name the one that you mean: {}{more}", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        dir
    }

    fn found(dir: &tempfile::TempDir, place: &str) -> Option<String> {
        let root = format!("{}/", dir.path().display());
        advice(&dir.path().join(place), "charmcraft.yaml").map(|advice| advice.replace(&root, ""))
    }

    #[test]
    fn a_folder_too_high_or_too_low_leads_to_the_one_that_would_do() {
        let dir = world(&["app/charm/charmcraft.yaml", "app/rock/flask/app.py", "app/.git/charmcraft.yaml"]);
        for place in ["app", "app/rock", "app/rock/flask", "app/charm/src", "app/charm/src/deep"] {
            let _ = fs::create_dir_all(dir.path().join(place));
            assert_eq!(found(&dir, place).as_deref(), Some("name app/charm, which has one"), "{place}");
        }
        assert_eq!(found(&dir, "missing/deep/deeper"), None);
    }

    #[test]
    fn several_folders_are_listed_and_a_missing_one_is_not_invented() {
        let files = ["a", "b", "c", "d"].map(|name| format!("{name}/charmcraft.yaml"));
        let dir = world(&files.each_ref().map(String::as_str));
        let root = dir.path().display();
        let advice = found(&dir, "").unwrap();
        assert_eq!(advice, "name the one that you mean: a, b, c, …", "{root}");
        assert_eq!(found(&world(&["x/y/charmcraft.yaml"]), ""), None);
    }

    #[test]
    fn a_relative_folder_is_answered_with_one_that_can_be_typed() {
        let above = |place: &str| above(Path::new(place)).map(|place| place.display().to_string());
        assert_eq!(above("app").as_deref(), Some("."));
        assert_eq!(above(".").as_deref(), Some(".."));
        assert_eq!(above("..").as_deref(), Some("../.."));
        assert_eq!(above("a/b").as_deref(), Some("a"));
        assert_eq!(above("/"), None);
        assert_eq!(inner(Path::new("."), OsStr::new("app")), Path::new("app"));
    }
}
