//! State machine of a service, as pure code: states, inputs, outputs.
//!
//! ```text
//! initial ─ Start, Spawned ─▶ starting ─ okay delay ─▶ running ─ Exited ─▶ backoff ─ backoff delay, Spawned ─▶ running
//!                                │                        │      └──────▶ stopped │ exited   (on-success, on-failure)
//!                                └────────── Stop ────────┴──▶ terminating ─ kill delay ─▶ killing ─ fail delay ─▶ stopped
//!                                                                   └──────── Exited ────────┴──▶ stopped │ backoff
//! ```
//!
//! The owner of a [`Machine`] feeds it [`Input`]s and carries out the [`Output`]s in order. It answers
//! [`Output::Spawn`] at once with [`Input::Spawned`] or [`Input::SpawnFailed`]. Time and chance are inputs: an elapsed
//! timer, and the argument for the backoff's jitter.

mod backoff;
mod machine;

use std::fmt;
use std::time::Duration;

use super::Action;
use crate::types::ServiceStatus;

pub use backoff::{jitter, next_backoff};
pub use machine::Machine;

/// Time that a service must run to count as started.
pub const OKAY_DELAY: Duration = Duration::from_secs(1);
/// Time that a process may exist after SIGKILL.
pub const FAIL_DELAY: Duration = Duration::from_secs(5);

/// State of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// About to be started.
    Initial,
    /// Started less than the okay delay ago.
    Starting,
    /// Running.
    Running,
    /// SIGTERM was sent.
    Terminating,
    /// SIGKILL was sent.
    Killing,
    /// Ended on request, or by itself with success and without a restart.
    Stopped,
    /// Ended by itself, and waits for its restart.
    Backoff,
    /// Ended by itself, without a restart.
    Exited,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initial => "initial",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Terminating => "terminating",
            Self::Killing => "killing",
            Self::Stopped => "stopped",
            Self::Backoff => "backoff",
            Self::Exited => "exited",
        })
    }
}

impl State {
    /// Status for clients.
    pub fn status(self) -> ServiceStatus {
        match self {
            Self::Starting | Self::Running => ServiceStatus::Active,
            Self::Terminating | Self::Killing | Self::Stopped => ServiceStatus::Inactive,
            Self::Backoff => ServiceStatus::Backoff,
            Self::Initial | Self::Exited => ServiceStatus::Error,
        }
    }
}

/// Event of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request to start the service.
    Start,
    /// The process was started.
    Spawned,
    /// The process can't be started; with the error for the task.
    SpawnFailed(String),
    /// The task of the start was aborted.
    AbortStart,
    /// A request to stop the service.
    Stop,
    /// The process ended; a signal counts as 128 plus its number.
    Exited(i32),
    /// A timer has elapsed.
    Elapsed(Timer),
    /// A check went down; with the service's action for it.
    CheckFailed(Action),
}

/// Timers of a service. Setting a running one resets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The okay delay after a start.
    Okay,
    /// The wait before a restart.
    Backoff,
    /// The time after which the backoff is reset.
    Reset,
    /// The time from SIGTERM to SIGKILL.
    Kill,
    /// The time after SIGKILL.
    Fail,
}

/// A signal for the service's process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Term,
    /// SIGKILL.
    Kill,
}

/// Reason of a service for the daemon's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Success; exit code 0.
    Success,
    /// A service failed; exit code 10.
    ServiceFailure,
    /// A check failed; exit code 11.
    CheckFailure,
}

/// Error of a failed start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// Message of the task's error.
    pub message: String,
    /// True if the service ran, so that its last output belongs into the task's log.
    pub ran: bool,
}

/// Action for the owner of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Start the process, and report it with [`Input::Spawned`] or [`Input::SpawnFailed`].
    Spawn,
    /// Send a signal to the process group.
    Signal(Signal),
    /// Set a timer.
    SetTimer(Timer, Duration),
    /// Cancel a timer.
    ClearTimer(Timer),
    /// Answer the request to start.
    Started(Result<(), StartError>),
    /// Answer the request to stop.
    Stopped(Result<(), String>),
    /// Add a line to the requesting task's log.
    TaskLog(String),
    /// Write a line to the daemon's log.
    Log(String),
    /// End the daemon.
    Shutdown(Shutdown),
}

#[cfg(test)]
mod tests;
