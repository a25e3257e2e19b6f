//! Waiting for children: our own, and as process 1 or subreaper everyone's that were left behind.
//!
//! One place waits for any child, so nothing else in the program may: processes are spawned through `process` and
//! their exit codes come from here. Since the loop that waits shares its thread with all spawning, no exit can be seen
//! before its process is known.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;

use rustix::process::{Pid, WaitOptions, WaitStatus, getpid, set_child_subreaper, wait};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::spawn_local;

type Waiting = Rc<RefCell<HashMap<Pid, oneshot::Sender<i32>>>>;

/// Whoever is waiting for which child. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Reaper {
    waiting: Waiting,
}

impl Reaper {
    /// Takes over waiting for children from here on.
    ///
    /// # Errors
    /// Signals can't be had, or orphans can't be adopted.
    pub(crate) fn start() -> io::Result<Reaper> {
        set_child_subreaper(Some(getpid()))?;
        let mut ended = signal(SignalKind::child())?;
        let waiting = Waiting::default();
        let reaper = Reaper { waiting: waiting.clone() };
        spawn_local(async move {
            while ended.recv().await.is_some() {
                reap(&waiting);
            }
        });
        Ok(reaper)
    }

    /// Answers the exit code of a child just spawned, once it ends; a signal counts as 128 plus its number.
    pub(crate) fn exit_of(&self, child: Pid) -> oneshot::Receiver<i32> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.borrow_mut().insert(child, sender);
        receiver
    }

    /// True if the child has ended, even if its signal has not been handled yet.
    pub(crate) fn has_ended(&self, child: Pid) -> bool {
        reap(&self.waiting);
        !self.waiting.borrow().contains_key(&child)
    }
}

/// Collects all who have ended; several may have per signal.
fn reap(waiting: &Waiting) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if let Some(sender) = waiting.borrow_mut().remove(&pid) {
            // Nobody left to tell is fine: the process is gone either way.
            let _ = sender.send(code(status));
        }
    }
}

fn code(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal)).unwrap_or(-1)
}
