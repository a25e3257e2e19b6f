//! The entries that this process uses, each under a shared file lock until the process ends.

use std::collections::BTreeMap;
use std::fs::{File, FileTimes, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

/// Open and locked folders by path: a handful in each process.
static HELD: Mutex<BTreeMap<PathBuf, File>> = Mutex::new(BTreeMap::new());

fn held() -> MutexGuard<'static, BTreeMap<PathBuf, File>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the folder `path` from being pruned while this process runs, and sets its time of last use. `lock` says whether to
/// wait for a process that has claimed the folder.
pub(super) fn keep(path: &Path, lock: FlockOperation) -> io::Result<()> {
    let mut held = held();
    if !held.get(path).is_some_and(|folder| is_at(folder, path)) {
        held.insert(path.to_owned(), locked(path, lock)?);
    }
    Ok(())
}

/// The folder `path`, open and locked against pruning until it is closed.
pub(super) fn locked(path: &Path, lock: FlockOperation) -> io::Result<File> {
    let folder = File::open(path)?;
    flock(&folder, lock)?;
    if !is_at(&folder, path) {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it was pruned in this moment"));
    }
    // The time of another user's folder can't be set; its last access counts then.
    let _ = folder.set_times(FileTimes::new().set_accessed(SystemTime::now()));
    Ok(folder)
}

/// True if `path` still leads to the open folder, which may have been pruned meanwhile.
fn is_at(folder: &File, path: &Path) -> bool {
    let same = |one: Metadata, other: Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
    folder.metadata().is_ok_and(|one| path.metadata().is_ok_and(|other| same(one, other)))
}

/// Releases a folder, as the end of the process would.
#[cfg(test)]
pub(super) fn release(path: &Path) {
    held().remove(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_removed_and_made_anew_is_held_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("entry");
        let is_held = || {
            let folder = File::open(&path).unwrap();
            flock(&folder, FlockOperation::NonBlockingLockExclusive).is_err()
        };
        std::fs::create_dir(&path).unwrap();
        keep(&path, FlockOperation::LockShared).unwrap();
        assert!(is_held());
        std::fs::rename(&path, dir.path().join("gone")).unwrap();
        assert_eq!(keep(&path, FlockOperation::LockShared).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::create_dir(&path).unwrap();
        assert!(!is_held());
        keep(&path, FlockOperation::LockShared).unwrap();
        assert!(is_held());
        release(&path);
        assert!(!is_held());
    }
}
