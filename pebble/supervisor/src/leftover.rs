//! Processes that the daemon's last life left behind: after SIGKILL of the daemon its services and commands go on, and a
//! second start would run them twice. Pebble forgets them; here they are ended.
//!
//! Each process has a mark while it runs: an empty file named by its id and its start time, which together are never
//! used twice between two boots. A mark in the environment would be seen by the services, and a cgroup needs rights that
//! containers lack. Services and commands lead a process group, so what they started ends with them, unless it made a
//! session of its own. As process 1 the daemon takes all others with it, and finds no mark alive.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Name of the marks' directory in the daemon's directory.
const NAME: &str = ".pebble.processes";

/// Marks of running processes. Without a directory there are none.
#[derive(Debug, Default)]
pub(crate) struct Marks(RefCell<Option<PathBuf>>);

impl Marks {
    /// Begins to keep marks in the daemon's directory.
    ///
    /// # Errors
    /// The directory can't be made.
    pub(crate) fn keep_in(&self, directory: &Path) -> io::Result<()> {
        let marks = directory.join(NAME);
        fs::create_dir_all(&marks)?;
        *self.0.borrow_mut() = Some(marks);
        Ok(())
    }

    /// Marks a process that was started.
    pub(crate) fn add(&self, process: Pid) {
        let marks = self.0.borrow();
        let (Some(marks), Some(start)) = (marks.as_ref(), start_time(process.as_raw_nonzero().get())) else { return };
        // A process without a mark is only not found after a kill.
        let _ = fs::write(marks.join(format!("{}-{start}", process.as_raw_nonzero())), "");
    }

    /// Removes the mark of a process that has ended.
    pub(crate) fn remove(&self, process: Pid) {
        let marks = self.0.borrow();
        let Some(entries) = marks.as_ref().and_then(|marks| fs::read_dir(marks).ok()) else { return };
        let prefix = format!("{}-", process.as_raw_nonzero());
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Kills the processes that have marks in the daemon's directory, with their groups; returns their ids.
pub(crate) fn end(directory: &Path) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(directory.join(NAME)) else { return Vec::new() };
    let mut ended = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let mark = name.split_once('-').and_then(|(pid, start)| Some((pid.parse().ok()?, start.parse().ok()?)));
        if let Some((pid, start)) = mark
            && start_time(pid) == Some(start)
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

/// Start time of a process in clock ticks since the boot; `None` if it does not run.
fn start_time(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may have blanks and brackets: the state is the first field.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    fields.nth(18)?.parse().ok().filter(|_| state != "Z")
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
        marks.add(own);
        let names = || fs::read_dir(directory.path().join(NAME)).unwrap().count();
        assert_eq!(names(), 1);
        marks.remove(own);
        assert_eq!(names(), 0);
        // Another process had this id before.
        fs::write(directory.path().join(NAME).join(format!("{}-1", own.as_raw_nonzero())), "").unwrap();
        assert_eq!((end(directory.path()), names()), (Vec::new(), 0));
        assert_eq!(start_time(i32::MAX), None);
    }
}
