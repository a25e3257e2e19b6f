//! Reaps children: the daemon's own, and as process 1 or subreaper also orphans.
//!
//! The loop waits for any child, so no other code in the program may wait: processes are spawned through `process` and
//! their exit codes come from here. The loop shares its thread with all spawning, so it never sees an exit before the
//! process is registered.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;

use rustix::process::{Pid, WaitOptions, WaitStatus, getpid, set_child_subreaper, wait};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::spawn_local;

use crate::leftover::Marks;

type Waiting = Rc<RefCell<HashMap<Pid, oneshot::Sender<i32>>>>;

/// Exit codes that are waited for, by process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Reaper {
    waiting: Waiting,
    pub(crate) marks: Rc<Marks>,
}

impl Reaper {
    /// Starts the loop and becomes the subreaper.
    ///
    /// # Errors
    /// The signal handler or the subreaper can't be installed.
    pub(crate) fn start() -> io::Result<Reaper> {
        set_child_subreaper(Some(getpid()))?;
        let mut ended = signal(SignalKind::child())?;
        let waiting = Waiting::default();
        let marks = Rc::<Marks>::default();
        let reaper = Reaper { waiting: waiting.clone(), marks: marks.clone() };
        spawn_local(async move {
            while ended.recv().await.is_some() {
                reap(&waiting, &marks);
            }
        });
        Ok(reaper)
    }

    /// Registers a new child; the receiver gets its exit code, where a signal counts as 128 plus its number.
    pub(crate) fn exit_of(&self, child: Pid) -> oneshot::Receiver<i32> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().insert(child, sender);
        receiver
    }

    /// True if the child has ended, even if its signal has not been handled yet.
    pub(crate) fn has_ended(&self, child: Pid) -> bool {
        reap(&self.waiting, &self.marks);
        !self.waiting.borrow().contains_key(&child)
    }
}

/// Collects all ended children: one signal may stand for several.
fn reap(waiting: &Waiting, marks: &Marks) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if let Some(sender) = waiting.borrow_mut().remove(&pid) {
            marks.remove(pid);
            // The receiver may be gone.
            let _ = sender.send(code(status));
        }
    }
}

fn code(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal)).unwrap_or(-1)
}
