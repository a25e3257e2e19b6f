//! Turns: all tasks share one thread, so one that always has something to do must let the others have theirs.

use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// How long a task may be at it without the others.
const LONGEST: Duration = Duration::from_millis(5);

/// A task's turn.
#[derive(Debug)]
pub(crate) struct Turn(Instant);

impl Turn {
    /// It begins now.
    pub(crate) fn begin() -> Turn {
        Turn(Instant::now())
    }

    /// Lets the others go on, and sockets be looked at, if it has lasted long enough; to be called between steps.
    pub(crate) async fn pass(&mut self) {
        if self.0.elapsed() > LONGEST {
            yield_now().await;
            *self = Turn::begin();
        }
    }
}
