//! The folders that this process uses: locked in the kernel, shared, until it ends.

use std::collections::BTreeMap;
use std::fs::{File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};

/// One open folder for each path. A process uses a handful.
static HELD: Mutex<BTreeMap<PathBuf, File>> = Mutex::new(BTreeMap::new());

fn held() -> MutexGuard<'static, BTreeMap<PathBuf, File>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the folder `path` from being pruned while this process lives, and notes that it is used now.
pub(super) fn keep(path: &Path) -> io::Result<()> {
    let mut held = held();
    if !held.contains_key(path) {
        held.insert(path.to_owned(), locked(path)?);
    }
    Ok(())
}

/// The folder `path`, open and locked against pruning until it is closed.
pub(super) fn locked(path: &Path) -> io::Result<File> {
    let folder = File::open(path)?;
    flock(&folder, FlockOperation::LockShared)?;
    // Another user's can't be dated; it counts by its last reading then.
    let _ = folder.set_times(FileTimes::new().set_accessed(SystemTime::now()));
    Ok(folder)
}

/// Gives a folder up, as the end of the process would.
#[cfg(test)]
pub(super) fn release(path: &Path) {
    held().remove(path);
}
