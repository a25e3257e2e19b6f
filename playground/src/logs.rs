//! Limits for the logs of a running model: those of pods, servers and network.
//!
//! Their writers hold them open, so a log that has grown too long is copied and emptied, not renamed. The writers
//! append, so emptying leaves no gap. Lines written between copying and emptying are lost.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The longest log, in bytes.
const LIMIT: u64 = 1 << 20;

/// Number of older parts of a log that are kept, each of [`LIMIT`] bytes at most.
const OLDER: u32 = 3;

/// Interval of the checks.
const PERIOD: Duration = Duration::from_secs(1);

/// Thread that rotates the logs of a model, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Rotation {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Rotation {
    /// Starts to rotate the logs in the model's folder `dir`.
    #[must_use]
    pub(crate) fn start(dir: &Path) -> Self {
        let (over, end) = mpsc::channel::<()>();
        let dir = dir.to_owned();
        let thread = thread::spawn(move || {
            while end.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                rotate_all(&dir);
            }
        });
        Self { over: Some(over), thread: Some(thread) }
    }
}

impl Drop for Rotation {
    fn drop(&mut self) {
        drop(self.over.take());
        // The folder is removed after this, so the thread must have ended.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Rotates the logs that have grown too long. A failure is ignored; the next check tries again.
fn rotate_all(dir: &Path) {
    for log in logs(dir) {
        let _ = rotate(&log, LIMIT);
    }
}

/// The logs in a model's folder: those of servers and network in it, those of pods in `pods/UNIT`.
fn logs(dir: &Path) -> Vec<PathBuf> {
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let pods = entries(&dir.join("pods")).flat_map(|pod| entries(&pod).collect::<Vec<_>>());
    let is_log = |path: &PathBuf| {
        let is_file = || path.symlink_metadata().is_ok_and(|found| found.is_file());
        path.extension().is_some_and(|end| end == "log") && is_file()
    };
    entries(dir).chain(pods).filter(is_log).collect()
}

/// Empties a log that is longer than `limit`, and keeps its last `limit` bytes beside it. Returns true if it was.
fn rotate(log: &Path, limit: u64) -> io::Result<bool> {
    let mut from = File::options().read(true).write(true).open(log)?;
    let length = from.metadata()?.len();
    if length <= limit {
        return Ok(false);
    }
    for number in (1..OLDER).rev() {
        // Fails for a part that does not exist yet.
        let _ = fs::rename(older(log, number), older(log, number + 1));
    }
    let mut copy = || {
        let mut to = File::options().write(true).create(true).truncate(true).mode(0o600).open(older(log, 1))?;
        from.seek(SeekFrom::Start(length - limit))?;
        io::copy(&mut (&from).take(limit), &mut to)
    };
    let copied = copy();
    // Empties the log even if the copy failed: a disk without room for the copy has no room for a longer log.
    from.set_len(0)?;
    copied.map(|_| true)
}

fn older(log: &Path, number: u32) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_that_is_appended_to_stays_within_its_limit_and_the_newest_parts_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("x.log");
        let mut writer = File::options().create(true).append(true).open(&log).unwrap();
        for round in 0..6 {
            write!(writer, "{round}{round}{round}{round}{round}").unwrap();
            assert!(rotate(&log, 4).unwrap());
        }
        write!(writer, "last").unwrap();
        assert!(!rotate(&log, 4).unwrap());
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!(read(&log), "last");
        let kept: Vec<_> = (1..=OLDER).map(|number| read(&older(&log, number))).collect();
        assert_eq!(kept, ["5555", "4444", "3333"]);
        assert!(!older(&log, OLDER + 1).exists());
    }

    #[test]
    fn the_logs_of_servers_and_pods_are_found_and_nothing_that_others_have_put_there() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["pods/app-0", "pods/app-1/root", "postgresql"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for file in
            ["network.log", "pods/app-0/pod.log", "pods/app-1/root/a.log", "postgresql/b.log", "lock", "network.log.1"]
        {
            fs::write(dir.path().join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.log")).unwrap();
        let mut found = logs(dir.path());
        found.sort();
        assert_eq!(found, ["network.log", "pods/app-0/pod.log"].map(|name| dir.path().join(name)));
    }
}
