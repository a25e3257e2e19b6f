//! Where PostgreSQL's programs are. Distributions keep them off the path, in a folder for each version.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders below which there is one for each version, and what its programs' folder is called in there.
const BY_VERSION: [(&str, &str); 2] = [("/usr/lib/postgresql", "bin"), ("/usr/lib64/postgresql", "bin")];

/// The newest folder with the programs of a server.
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
    use super::*;

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
