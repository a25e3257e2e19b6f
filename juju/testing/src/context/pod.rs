//! The containers of one run: a fake Pebble for each container of the state, in a temporary folder.

use crate::state::{State, StateContainer};
use crate::workload::Workload;
use pebble_fake::ExecCall;
use std::io;
use std::path::PathBuf;
use tempfile::TempDir;

/// Containers during an event.
pub(super) struct Pod {
    /// `None` if the state has no container: most tests need no folder.
    dir: Option<TempDir>,
    workloads: Vec<Workload>,
}

impl Pod {
    /// Opens the containers of a state.
    ///
    /// # Errors
    /// A folder or socket can't be made.
    pub(super) fn open(state: &State) -> io::Result<Pod> {
        if state.containers.is_empty() {
            return Ok(Pod { dir: None, workloads: Vec::new() });
        }
        let dir = tempfile::tempdir()?;
        let open = |container: &StateContainer| container.open(&dir.path().join("c"), &dir.path().join("roots"));
        let workloads = state.containers.iter().map(open).collect::<io::Result<_>>()?;
        Ok(Pod { dir: Some(dir), workloads })
    }

    /// The parent of the containers' folders.
    pub(super) fn containers_dir(&self, state: &State) -> PathBuf {
        let own = self.dir.as_ref().map(|dir| dir.path().join("c"));
        own.or_else(|| state.containers_dir.clone()).unwrap_or_else(|| "/nonexistent/containers".into())
    }

    /// The containers after the event, and the commands that ran in each.
    pub(super) fn after(&self, state: &State) -> (Vec<StateContainer>, Vec<(String, ExecCall)>) {
        let mut execs = Vec::new();
        let after = state.containers.iter().zip(&self.workloads).map(|(container, workload)| {
            let (after, calls) = container.after(workload);
            execs.extend(calls.into_iter().map(|call| (container.name.clone(), call)));
            after
        });
        let containers = after.collect();
        (containers, execs)
    }
}
