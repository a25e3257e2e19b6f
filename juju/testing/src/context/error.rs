//! Errors of a run. The text of each includes its cause.

use crate::model::{Action, Error as ModelError};
use crate::state::State;
use juju::{ContextError, DispatchError, Juju};

/// Error of a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError<E: std::error::Error + 'static> {
    /// The faults of a state or event that Juju could never produce.
    #[error("inconsistent scenario:\n  {}", .0.join("\n  "))]
    InconsistentScenario(Vec<String>),
    /// The charm failed; its writes are dropped.
    #[error("uncaught error of the charm in {event}: {}", juju::chain(error))]
    UncaughtCharmError {
        /// The event's name.
        event: String,
        /// The charm's error. The text above includes its causes, so it is no `source`.
        error: DispatchError<E>,
    },
    /// The charm called `action-fail`.
    #[error("action failed: {message}")]
    ActionFailed {
        /// Message of the last `action-fail`.
        message: String,
        /// The action, with its results and log lines.
        action: Box<Action>,
        /// The state after the event; an action that fails may have changed it.
        state: Box<State>,
    },
    /// The environment made for the event can't be read, which is a bug of this package.
    #[error("cannot read the environment")]
    Environment {
        /// The reason.
        #[from]
        source: ContextError,
    },
    /// A container's folder or socket can't be made.
    #[error("cannot make a container: {error}")]
    Container {
        /// The system's reason.
        error: std::io::Error,
    },
    /// The model refused to open the hook.
    #[error("cannot open the hook")]
    Model {
        /// Its reason.
        #[from]
        source: ModelError,
    },
}

impl<E: std::error::Error + 'static> RunError<E> {
    pub(super) fn uncaught(juju: &Juju<'_>, error: DispatchError<E>) -> RunError<E> {
        RunError::UncaughtCharmError { event: juju.context.event.name(), error }
    }
}
