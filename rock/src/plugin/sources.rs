//! The source files of a build: reduced to a key, and copied for tools that write into their source folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cache::Key;

/// What isn't a source, at any depth: what tools keep or make, and what is not ours to copy.
const NOT_SOURCES: [&str; 4] = [".git", "node_modules", "target", "__pycache__"];

/// What isn't one at the top: a build of the rock needs neither the charm nor itself.
const NOT_AT_THE_TOP: [&str; 2] = ["charm", "rockcraft.yaml"];

/// The source files in `dir`, relative to it, in order. Links are files.
pub(super) fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(dir.join(&folder))? {
            let entry = entry?;
            let name = entry.file_name();
            let top = folder == Path::new("") && NOT_AT_THE_TOP.iter().any(|out| name == *out);
            if top || NOT_SOURCES.iter().any(|out| name == *out) {
                continue;
            }
            let path = folder.join(name);
            if entry.file_type()?.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// `key` with the source files in `dir`.
pub(super) fn keyed(dir: &Path, mut key: Key) -> io::Result<Key> {
    for path in list(dir)? {
        let full = dir.join(&path);
        key.add(path.as_os_str().as_encoded_bytes());
        if full.is_file() {
            key.add(fs::read(&full)?);
        }
    }
    Ok(key)
}

/// Copies the source files in `dir` to `into`, with modes and links.
pub(super) fn copy(dir: &Path, into: &Path) -> io::Result<()> {
    for path in list(dir)? {
        let (from, to) = (dir.join(&path), into.join(&path));
        fs::create_dir_all(to.parent().unwrap_or(into))?;
        if from.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_made_is_no_source() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["pom.xml", "src/charm/A.java", "target/a.jar", "charm/charmcraft.yaml", "rockcraft.yaml", ".git/x"]
        {
            fs::create_dir_all(dir.path().join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join(file), file).unwrap();
        }
        assert_eq!(list(dir.path()).unwrap(), ["pom.xml", "src/charm/A.java"].map(PathBuf::from));
        let key = || keyed(dir.path(), Key::new()).unwrap().text();
        let first = key();
        fs::write(dir.path().join("charm/charmcraft.yaml"), "another").unwrap();
        assert_eq!(first, key());
        fs::write(dir.path().join("pom.xml"), "another").unwrap();
        assert_ne!(first, key());
        copy(dir.path(), &dir.path().join("copy")).unwrap();
        assert_eq!(list(&dir.path().join("copy")).unwrap(), ["pom.xml", "src/charm/A.java"].map(PathBuf::from));
    }
}
