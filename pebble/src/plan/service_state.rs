//! The life of one service, as pure code: states, what may happen, and what is to be done about it.
//!
//! ```text
//! initial ─ Start, Spawned ─▶ starting ─ okay delay ─▶ running ─ Exited ─▶ backoff ─ backoff delay, Spawned ─▶ running
//!                                │                        │      └──────▶ stopped │ exited   (on-success, on-failure)
//!                                └────────── Stop ────────┴──▶ terminating ─ kill delay ─▶ killing ─ fail delay ─▶ stopped
//!                                                                   └──────── Exited ────────┴──▶ stopped │ backoff
//! ```
//!
//! The owner of a [`Machine`] feeds it [`Input`]s and carries out the [`Output`]s in order. It answers
//! [`Output::Spawn`] at once with [`Input::Spawned`] or [`Input::SpawnFailed`]. Time and chance come from outside: a
//! timer that is due is an input, the backoff's jitter an argument.

mod backoff;
mod machine;

use std::fmt;
use std::time::Duration;

use super::Action;
use crate::types::ServiceStatus;

pub use backoff::{jitter, next_backoff};
pub use machine::Machine;

/// How long a service must live after its start to count as started.
pub const OKAY_DELAY: Duration = Duration::from_secs(1);
/// How long a process may still be seen after SIGKILL.
pub const FAIL_DELAY: Duration = Duration::from_secs(5);

/// Where a service is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// About to be started.
    Initial,
    /// Started less than the okay delay ago.
    Starting,
    /// Started and living.
    Running,
    /// SIGTERM was sent.
    Terminating,
    /// SIGKILL was sent.
    Killing,
    /// Ended on request, or by itself with success and nothing more to do.
    Stopped,
    /// Ended by itself, to be started again.
    Backoff,
    /// Ended by itself, and left so.
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
    /// What clients are told.
    pub fn status(self) -> ServiceStatus {
        match self {
            Self::Starting | Self::Running => ServiceStatus::Active,
            Self::Terminating | Self::Killing | Self::Stopped => ServiceStatus::Inactive,
            Self::Backoff => ServiceStatus::Backoff,
            Self::Initial | Self::Exited => ServiceStatus::Error,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Someone asks for the service to run.
    Start,
    /// The process asked for runs.
    Spawned,
    /// The process asked for can't be run; why, as the task is to say it.
    SpawnFailed(String),
    /// The one who asked for the start gave up.
    AbortStart,
    /// Someone asks for the service to end.
    Stop,
    /// The process ended; a signal counts as 128 plus its number.
    Exited(i32),
    /// A timer is due.
    Elapsed(Timer),
    /// A check went down for which the service names this action.
    CheckFailed(Action),
}

/// The timers of one service. Setting one that runs sets it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The okay delay after a start.
    Okay,
    /// The wait before a restart.
    Backoff,
    /// The time after which the backoff is forgotten.
    Reset,
    /// The time SIGTERM may take.
    Kill,
    /// The time SIGKILL may take.
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

/// Why the daemon ends on a service's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// As on request; exit code 0.
    Success,
    /// A service failed; exit code 10.
    ServiceFailure,
    /// A check failed; exit code 11.
    CheckFailure,
}

/// Why a start failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartError {
    /// What the task's error says.
    pub message: String,
    /// Whether the service's last lines belong into the task's log: it ran, if briefly.
    pub ran: bool,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Start the process, and say so with [`Input::Spawned`] or [`Input::SpawnFailed`].
    Spawn,
    /// Send a signal to the process group.
    Signal(Signal),
    /// Set a timer.
    SetTimer(Timer, Duration),
    /// Forget a timer.
    ClearTimer(Timer),
    /// Answer the one who asked for the start.
    Started(Result<(), StartError>),
    /// Answer the one who asked for the end.
    Stopped(Result<(), String>),
    /// Add a line to the log of the task that asked.
    TaskLog(String),
    /// Write a line to the daemon's log.
    Log(String),
    /// End the daemon.
    Shutdown(Shutdown),
}

#[cfg(test)]
mod tests;
