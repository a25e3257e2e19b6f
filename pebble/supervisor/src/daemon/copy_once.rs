//! Copy of a directory into an empty one, for `PEBBLE_COPY_ONCE`, with the modes and messages of Pebble's.

use std::fs::{self, FileType, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use rustix::io::Errno;

use crate::errno::{self, PathError};

/// Permission bits of new directories, less the umask.
const DIRECTORY: u32 = 0o777;
/// Permission bits of new files, to which the copied file's are added, less the umask.
const FILE: u32 = 0o666;

/// A directory that can't be copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Its status can't be read, or the target's entries.
    #[error(transparent)]
    Look(PathError),
    #[error("cannot copy {from:?} to {to:?}: {error}")]
    Copy { from: String, to: String, error: PathError },
}

/// Copies a directory, unless it is missing or the target has entries.
///
/// # Errors
/// What was copied until then stays.
pub(super) fn copy(source: &Path, target: &Path) -> Result<(), Error> {
    let (from, to) = (source.display().to_string(), target.display().to_string());
    let metadata = match fs::metadata(source) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(PathError::when("stat", &from)).map_err(Error::Look)?,
    };
    let has_entries = match fs::read_dir(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        entries => entries.map_err(PathError::when("open", &to)).map_err(Error::Look)?.next().is_some(),
    };
    if has_entries {
        return Ok(());
    }
    let copied = match metadata.is_dir() {
        true => directory(source, target, Path::new("")),
        false => Err(PathError::when("stat", ".")(Errno::NOTDIR.into())),
    };
    copied.map_err(|error| Error::Copy { from, to, error })
}

/// Copies a directory; `path` is its path in the source, which messages name, and empty for the source itself.
fn directory(source: &Path, target: &Path, path: &Path) -> Result<(), PathError> {
    let is_source = path.as_os_str().is_empty();
    let failed = |doing, path: &Path| PathError::when(doing, &path.display().to_string());
    let (from, to) = match is_source {
        true => (source.to_owned(), target.to_owned()),
        false => (source.join(path), target.join(path)),
    };
    fs::DirBuilder::new().recursive(true).mode(DIRECTORY).create(&to).map_err(failed("mkdir", &to))?;
    let entries = fs::read_dir(&from).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let mut entries = entries.map_err(failed("open", if is_source { Path::new(".") } else { path }))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = path.join(entry.file_name());
        let kind = entry.file_type().map_err(failed("lstat", &path))?;
        one(source, target, &path, kind)?;
    }
    Ok(())
}

fn one(source: &Path, target: &Path, path: &Path, kind: FileType) -> Result<(), PathError> {
    let failed = |doing, path: &Path| PathError::when(doing, &path.display().to_string());
    let (from, to) = (source.join(path), target.join(path));
    if kind.is_dir() {
        directory(source, target, path)
    } else if kind.is_symlink() {
        let link = fs::read_link(&from).map_err(failed("readlink", path))?;
        symlink(link, &to).map_err(failed("symlink", &to))
    } else if kind.is_file() {
        let mut reader = fs::File::open(&from).map_err(failed("open", path))?;
        let mode = reader.metadata().map_err(failed("stat", path))?.permissions().mode() & 0o777;
        let writer = OpenOptions::new().write(true).create_new(true).mode(FILE | mode).open(&to);
        let mut writer = writer.map_err(failed("open", &to))?;
        io::copy(&mut reader, &mut writer).map(drop).map_err(failed("Copy", &to))
    } else {
        Err(failed("CopyFS", path)(errno::error(Errno::INVAL)))
    }
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

    #[test]
    fn what_is_neither_file_nor_directory_nor_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        fs::create_dir(&source).unwrap();
        drop(std::os::unix::net::UnixListener::bind(source.join("socket")).unwrap());
        let told = |from: &Path| copy(from, &target).unwrap_err().to_string();
        let (from, to) = (source.display().to_string(), target.display().to_string());
        assert_eq!(told(&source), format!("cannot copy {from:?} to {to:?}: CopyFS socket: invalid argument"));
        fs::remove_dir(&target).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let from = file.display();
        assert_eq!(told(&file), format!("cannot copy \"{from}\" to {to:?}: stat .: not a directory"));
        assert_eq!(told(&file.join("in")), format!("stat {from}/in: not a directory"));
    }
}
