//! Processes that the daemon's last life left behind: after SIGKILL of the daemon its services and commands go on, and a
//! second start would run them twice. Pebble forgets them; here they are ended.
//!
//! Each process has a mark while it runs: a file that the daemon makes before it starts the process. Between fork and exec
//! the process writes its own id and start time to it, which together are never used twice between two boots, so that no
//! moment is left in which a killed daemon leaves a process without a mark. A mark in the environment would be seen by the
//! services, and a cgroup needs rights that containers lack. Services and commands lead a process group, so what they
//! started ends with them, unless it made a session of its own. As process 1 the daemon takes all others with it, and finds
//! no mark alive.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Name of the marks' directory in the daemon's directory.
const NAME: &str = ".pebble.processes";

/// Marks of running processes. Without a directory there are none.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    directory: RefCell<Option<PathBuf>>,
    count: Cell<u64>,
    paths: RefCell<HashMap<Pid, PathBuf>>,
}

/// A mark without a process, removed if it gets none.
#[derive(Debug)]
pub(crate) struct Mark<'a> {
    marks: &'a Marks,
    path: Option<PathBuf>,
}

impl Marks {
    /// Begins to keep marks in the daemon's directory.
    ///
    /// # Errors
    /// The directory can't be made.
    pub(crate) fn keep_in(&self, directory: &Path) -> io::Result<()> {
        let marks = directory.join(NAME);
        fs::create_dir_all(&marks)?;
        *self.directory.borrow_mut() = Some(marks);
        Ok(())
    }

    /// A mark for a process to be started, with the file that the process writes to.
    pub(crate) fn prepare(&self) -> (Mark<'_>, Option<OwnedFd>) {
        let number = self.count.replace(self.count.get() + 1);
        let path = self.directory.borrow().as_ref().map(|directory| directory.join(number.to_string()));
        let create = |path: &PathBuf| OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        // A process without a mark is only not found after a kill.
        let file = path.as_ref().and_then(|path| create(path).ok()).map(OwnedFd::from);
        (Mark { marks: self, path }, file)
    }

    /// Removes the mark of a process that has ended.
    pub(crate) fn remove(&self, process: Pid) {
        if let Some(path) = self.paths.borrow_mut().remove(&process) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Mark<'_> {
    /// Keeps the mark for a process that was started.
    pub(crate) fn keep(mut self, process: Pid) {
        if let Some(path) = self.path.take() {
            self.marks.paths.borrow_mut().insert(process, path);
        }
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes the calling process's status to its mark. Between fork and exec: nothing here allocates.
pub(crate) fn sign(mark: impl AsFd) {
    let mut status = [0; 512];
    let read = openat(CWD, c"/proc/self/stat", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .and_then(|file| rustix::io::read(file, &mut status));
    if let Ok(count) = read {
        let _ = rustix::io::write(mark, &status[..count]);
    }
}

/// Kills the processes that have marks in the daemon's directory, with their groups; returns their ids.
pub(crate) fn end(directory: &Path) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(directory.join(NAME)) else { return Vec::new() };
    let mut ended = Vec::new();
    for entry in entries.flatten() {
        let stat = fs::read_to_string(entry.path()).unwrap_or_default();
        if let Some((pid, start)) = identity(&stat)
            && runs((pid, start))
            && let Some(process) = Pid::from_raw(pid)
        {
            // A check's command leads no group.
            if kill_process_group(process, Signal::KILL).is_err() {
                let _ = kill_process(process, Signal::KILL);
            }
            ended.push(pid);
        }
        let _ = fs::remove_file(entry.path());
    }
    ended
}

/// Id and start time of a process, from the text of its `stat`. The time counts clock ticks since the boot.
fn identity(stat: &str) -> Option<(i32, u64)> {
    // Behind the name, which may have blanks and brackets: the state is the first field.
    let (head, rest) = stat.rsplit_once(") ")?;
    let start = rest.split(' ').nth(19)?.parse().ok()?;
    Some((head.split(' ').next()?.parse().ok()?, start))
}

/// True if the process of this mark runs.
fn runs(mark: (i32, u64)) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", mark.0)).unwrap_or_default();
    let is_zombie = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
    identity(&stat) == Some(mark) && !is_zombie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_only_for_the_process_that_it_was_made_for() {
        let directory = tempfile::tempdir().unwrap();
        let own = rustix::process::getpid();
        let marks = Marks::default();
        marks.keep_in(directory.path()).unwrap();
        let names = || fs::read_dir(directory.path().join(NAME)).unwrap().count();
        let (mark, file) = marks.prepare();
        sign(file.unwrap());
        let stat = fs::read_to_string(directory.path().join(NAME).join("0")).unwrap();
        let (pid, start) = identity(&stat).unwrap();
        assert!(pid == own.as_raw_nonzero().get() && runs((pid, start)) && !runs((pid, start + 1)));
        mark.keep(own);
        assert_eq!(names(), 1);
        marks.remove(own);
        assert_eq!(names(), 0);
        drop(marks.prepare());
        assert_eq!(names(), 0, "no process was started");
        // Another process had this id before; another daemon was killed before it started one.
        fs::write(directory.path().join(NAME).join("7"), stat.replace(&start.to_string(), "1")).unwrap();
        fs::write(directory.path().join(NAME).join("8"), "").unwrap();
        assert_eq!((end(directory.path()), names()), (Vec::new(), 0));
    }

    #[test]
    fn a_status_is_read_whatever_the_name_of_the_program() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(identity(&format!("12 (a ) b) {rest}")), Some((12, 4711)));
        assert_eq!((identity(""), identity("12 (a"), identity("12 (a) S 1 2")), (None, None, None));
    }
}
