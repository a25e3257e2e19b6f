//! Copy of a directory into an empty one, for `PEBBLE_COPY_ONCE`.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Copies a directory, unless it is missing or the target has entries.
///
/// # Errors
/// The system's error; what was copied until then stays.
pub(super) fn copy(source: &Path, target: &Path) -> io::Result<()> {
    let has_entries = fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_some());
    if has_entries || !source.exists() {
        return Ok(());
    }
    tree(source, target)
}

fn tree(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let (from, to) = (entry.path(), target.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            tree(&from, &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(entry.metadata()?.permissions().mode() | 0o700))?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_directory_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        fs::create_dir_all(source.join("layers")).unwrap();
        fs::write(source.join("layers/001-base.yaml"), "").unwrap();
        copy(&folder.path().join("none"), &target).unwrap();
        assert!(!target.exists());
        copy(&source, &target).unwrap();
        assert!(target.join("layers/001-base.yaml").exists());
        fs::write(source.join("more"), "").unwrap();
        copy(&source, &target).unwrap();
        assert!(!target.join("more").exists());
    }
}
