//! Cooperative turns: all tasks share one thread, so a loop that always has work must yield.

use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// The longest time without a yield.
const LONGEST: Duration = Duration::from_millis(5);

/// A task's turn on the thread.
#[derive(Debug)]
pub(crate) struct Turn(Instant);

impl Turn {
    /// Begins a turn.
    pub(crate) fn begin() -> Turn {
        Turn(Instant::now())
    }

    /// Yields to other tasks if the turn has lasted long enough; to be called between steps.
    pub(crate) async fn pass(&mut self) {
        if self.0.elapsed() > LONGEST {
            yield_now().await;
            *self = Turn::begin();
        }
    }
}
