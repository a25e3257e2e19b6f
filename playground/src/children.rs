//! Child processes of this process.

use std::fs;

use rustix::process::{Pid, Signal, getpid, kill_process_group};

/// Kills the process groups that our children lead. The kernel doesn't reuse a child's id before this process has
/// waited for it.
pub(crate) fn kill() {
    for child in living() {
        // Fails for a child that leads no group or has just ended; neither is meant.
        let _ = kill_process_group(child, Signal::KILL);
    }
}

/// The children that run, without zombies.
pub(crate) fn living() -> impl Iterator<Item = Pid> {
    let own = getpid().as_raw_nonzero().get();
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(move |pid| living_parent(*pid) == Some(own)).filter_map(Pid::from_raw)
}

/// The parent of a process; `None` for a zombie.
fn living_parent(pid: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    field("State:").filter(|state| !state.starts_with(['Z', 'X'])).and(field("PPid:"))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    use super::*;

    #[test]
    fn a_child_that_leads_a_group_is_found_and_killed() {
        let _alone = crate::LEADING_CHILDREN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut child = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let pid = Pid::from_child(&child);
        assert!(living().any(|found| found == pid));
        kill();
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::KILL.as_raw()));
        assert!(!living().any(|found| found == pid));
    }
}
