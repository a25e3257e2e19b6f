//! The source files of a build: hashed into a key, and copied for tools that write into their source folder.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pack::folder::{Error, Folder, Kind};

use crate::cache::Key;
use crate::tree::MODES;

/// Names that aren't sources, at any depth: git's folder, outputs and records of tools.
const NOT_SOURCES: [&str; 4] = [".git", ".gradle", "node_modules", "__pycache__"];

/// Folders of outputs, which stand beside their tool's build file. Elsewhere such a folder may be a package of the author's.
const OUTPUTS: [(&str, &[&str]); 2] = [
    ("target", &["pom.xml", "Cargo.toml"]),
    ("build", &["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]),
];

/// Names at the top that aren't sources: building the rock needs neither the charm nor `rockcraft.yaml`.
const NOT_AT_THE_TOP: [&str; 2] = ["charm", "rockcraft.yaml"];

/// The source files in `dir`, relative to it and sorted, with their kinds. Links are not followed.
pub(super) fn list(dir: &Folder) -> Result<BTreeMap<PathBuf, Kind>, Error> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = dir.entries(&folder)?;
        let has = |file: &&str| entries.iter().any(|(name, _)| name == file);
        let outputs = OUTPUTS.iter().filter(|(_, files)| files.iter().any(has));
        let outputs: Vec<&str> = outputs.map(|(out, _)| *out).collect();
        for (name, kind) in entries {
            let top = folder == Path::new("") && NOT_AT_THE_TOP.iter().any(|out| name == *out);
            if top || NOT_SOURCES.iter().chain(&outputs).any(|out| name == *out) {
                continue;
            }
            let path = folder.join(name);
            if kind == Kind::Folder {
                folders.push(path);
            } else {
                found.insert(path, kind);
            }
        }
    }
    Ok(found)
}

/// `key` with the source files in `dir` added.
pub(crate) fn keyed(dir: &Folder, mut key: Key) -> Result<Key, Error> {
    for (path, kind) in list(dir)? {
        key.add(path.as_os_str().as_encoded_bytes());
        if kind == Kind::Link {
            key.add(dir.target(&path)?.as_os_str().as_encoded_bytes());
        } else {
            let failed = |source| Error::Read { path: dir.place(&path).display().to_string(), source };
            key.add_file(dir.file(&path)?).map_err(failed)?;
        }
    }
    Ok(key)
}

/// Copies the source files in `dir` to `into`, keeping modes and links.
pub(crate) fn copy(dir: &Folder, into: &Folder) -> Result<(), Error> {
    for (path, kind) in list(dir)? {
        if kind == Kind::Link {
            into.link(&path, dir.target(&path)?)?;
            continue;
        }
        let failed = |source| Error::Write { path: into.place(&path).display().to_string(), source };
        let Some(mut from) = dir.file(&path)? else { continue };
        let mode = from.metadata().map_err(failed)?.permissions().mode() & MODES;
        let mut to = into.create(&path)?;
        io::copy(&mut from, &mut to).map_err(failed)?;
        to.set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn outputs_of_tools_are_no_sources() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["pom.xml", "src/charm/A.java", "target/a.jar", "charm/charmcraft.yaml", "rockcraft.yaml", ".git/x"]
        {
            fs::create_dir_all(dir.path().join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join(file), file).unwrap();
        }
        let open = || Folder::open(dir.path()).unwrap();
        let names = |dir: &Folder| list(dir).unwrap().into_keys().collect::<Vec<_>>();
        assert_eq!(names(&open()), ["pom.xml", "src/charm/A.java"].map(PathBuf::from));
        let key = || keyed(&open(), Key::new()).unwrap().text();
        let first = key();
        fs::write(dir.path().join("charm/charmcraft.yaml"), "another").unwrap();
        assert_eq!(first, key());
        fs::write(dir.path().join("pom.xml"), "another").unwrap();
        assert_ne!(first, key());
        let into = tempfile::tempdir().unwrap();
        let into = Folder::open(into.path()).unwrap();
        copy(&open(), &into).unwrap();
        assert_eq!(names(&into), ["pom.xml", "src/charm/A.java"].map(PathBuf::from));
    }

    #[test]
    fn the_outputs_stand_beside_every_file_that_makes_a_gradle_project() {
        for file in ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"] {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("build")).unwrap();
            fs::write(dir.path().join("build/reports.html"), "").unwrap();
            fs::write(dir.path().join(file), "").unwrap();
            let found = list(&Folder::open(dir.path()).unwrap()).unwrap();
            assert_eq!(found.into_keys().collect::<Vec<_>>(), [PathBuf::from(file)]);
        }
    }

    #[test]
    fn a_package_named_as_a_folder_of_outputs_is_a_source() {
        let dir = tempfile::tempdir().unwrap();
        let sources = [
            "app/build.gradle",
            "app/src/main/java/shop/build/A.java",
            "cmd/target/main.go",
            "pom.xml",
            "src/main/java/shop/target/B.java",
        ];
        for file in sources.into_iter().chain(["app/build/libs/a.jar", ".gradle/4.4.1/x.lock", "target/b.jar"]) {
            fs::create_dir_all(dir.path().join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join(file), file).unwrap();
        }
        let found = list(&Folder::open(dir.path()).unwrap()).unwrap();
        assert_eq!(found.into_keys().collect::<Vec<_>>(), sources.map(PathBuf::from));
    }

    #[test]
    fn no_link_of_a_source_is_followed_and_no_fifo_read() {
        let dir = tempfile::tempdir().unwrap();
        let (secret, source) = (dir.path().join("secret"), dir.path().join("source"));
        fs::create_dir(&source).unwrap();
        fs::write(&secret, "1").unwrap();
        std::os::unix::fs::symlink("../secret", source.join("link")).unwrap();
        let open = || Folder::open(&source).unwrap();
        let key = || keyed(&open(), Key::new()).map(|key| key.text());
        let first = key().unwrap();
        fs::write(&secret, "2").unwrap();
        assert_eq!(key().unwrap(), first, "its target counts, not what is there");
        rustix::fs::mkfifoat(rustix::fs::CWD, source.join("fifo"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let told = format!("{} is a FIFO, not a file", source.join("fifo").display());
        assert_eq!(key().unwrap_err().to_string(), told);
        assert_eq!(copy(&open(), &Folder::open(dir.path()).unwrap()).unwrap_err().to_string(), told);
    }
}
