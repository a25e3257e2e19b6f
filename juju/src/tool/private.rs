//! Files only this user can read, for values a tool takes by path; gone when dropped.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Juju's agent reads the files, so they lie where it sees the same folder as the charm: `/tmp`.
const PARENT: &str = "/tmp";
/// Beginning of a folder's name; the number of the process follows.
const PREFIX: &str = "juju-secret-";

#[derive(Debug)]
pub(super) struct PrivateFiles {
    dir: PathBuf,
    /// The folder, locked: its owner lives, also where another container counts processes anew.
    _lock: File,
    count: u32,
}

impl PrivateFiles {
    /// Makes a folder of mode 0700 under an unused name.
    pub(super) fn new() -> io::Result<Self> {
        Self::new_in(Path::new(PARENT))
    }

    fn new_in(parent: &Path) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let dir = parent.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&dir) {
                Ok(()) => {
                    let lock = File::open(&dir)?;
                    lock.lock()?;
                    return Ok(Self { dir, _lock: lock, count: 0 });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes a file of mode 0600 and gives its path.
    pub(super) fn write(&mut self, text: &str) -> io::Result<PathBuf> {
        let path = self.dir.join(self.count.to_string());
        self.count += 1;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }
}

/// Removes the folders that killed processes left behind. This process has none yet, so one with its number is another's.
pub(crate) fn sweep() {
    sweep_in(Path::new(PARENT), |pid| pid != std::process::id() && Path::new("/proc").join(pid.to_string()).exists());
}

fn sweep_in(parent: &Path, is_alive: impl Fn(u32) -> bool) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok());
        let is_locked = || File::open(entry.path()).is_ok_and(|dir| dir.try_lock().is_err());
        // A folder of another user can't be removed, and is not ours.
        if owner.is_some_and(|pid| !is_alive(pid)) && !is_locked() && fs::remove_dir_all(entry.path()).is_ok() {
            tracing::warn!(dir = %entry.path().display(), "removed the files of a secret that a killed process left");
        }
    }
}

impl Drop for PrivateFiles {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            tracing::warn!(%error, dir = %self.dir.display(), "cannot remove the files of a secret");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn private_while_they_live_and_then_gone() {
        let mut files = PrivateFiles::new().expect("a folder");
        let path = files.write("hunter2").expect("a file");
        let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&files.dir)), (0o600, 0o700));
        assert_eq!(fs::read_to_string(&path).expect("our own"), "hunter2");
        let dir = files.dir.clone();
        drop(files);
        assert!(!dir.exists());
    }

    #[test]
    fn a_killed_process_leaves_its_secrets_until_the_next_event() {
        let parent = tempfile::tempdir().expect("a folder");
        let make = |name: &str| {
            let dir = parent.path().join(name);
            fs::create_dir(&dir).and_then(|()| fs::write(dir.join("0"), "hunter2")).expect("a file");
            dir
        };
        let [dead, alive, other] = ["juju-secret-7-0", "juju-secret-8-0", "juju-secret-of-mine"].map(make);
        sweep_in(parent.path(), |pid| pid == 8);
        assert_eq!([dead, alive, other].map(|dir| dir.exists()), [false, true, true]);
    }

    #[test]
    fn secrets_of_a_process_in_another_container_are_left_alone() {
        let parent = tempfile::tempdir().expect("a folder");
        let mut files = PrivateFiles::new_in(parent.path()).expect("a folder");
        let path = files.write("hunter2").expect("a file");
        // Where processes are counted anew, this one's number means nothing.
        sweep_in(parent.path(), |_| false);
        assert!(path.exists());
        drop(files);
        assert!(fs::read_dir(parent.path()).expect("a folder").next().is_none());
    }
}
