//! Errors of a harness. The text of each includes its cause, so a test's output needs no chain.

use crate::model::{Action, Error as ModelError};
use juju::{ContextError, DispatchError, MetadataError, chain};

/// Error of a call to a [`Harness`](crate::Harness); `E` is the charm's own error.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError<E: std::error::Error + 'static> {
    /// `begin` was called before, or the call must precede it.
    #[error("the harness has begun already")]
    AlreadyBegun,
    /// The call needs a charm, which `begin` makes.
    #[error("the harness has not begun")]
    NotBegun,
    /// The charm's files are missing or invalid.
    #[error("{}", chain(.0))]
    Metadata(MetadataError),
    /// The event is not of the kind that `emit` fires.
    #[error("event \"{0}\" is not a life-cycle event")]
    UnknownEvent(String),
    /// The metadata declares no such endpoint, container, resource or storage.
    #[error("the metadata declares no {kind} \"{name}\"{}", nearest.as_ref().map(|name| format!("; the nearest is \"{name}\"")).unwrap_or_default())]
    Undeclared {
        /// Kind of the name: endpoint, container, resource, storage or binding.
        kind: &'static str,
        /// The name.
        name: String,
        /// The declared name that is most like it.
        nearest: Option<String>,
    },
    /// The application can't be at the other end of the endpoint: a peer relation has the charm's own application there,
    /// and every other relation another one.
    #[error("endpoint \"{endpoint}\" cannot relate to application \"{app}\"")]
    RemoteApplication {
        /// The endpoint.
        endpoint: String,
        /// The application.
        app: String,
    },
    /// The endpoint has as many relations as its `limit` allows.
    #[error("endpoint \"{endpoint}\" takes at most {limit} relations")]
    LimitExceeded {
        /// The endpoint.
        endpoint: String,
        /// The limit.
        limit: u32,
    },
    /// The unit is in the relation already.
    #[error("unit \"{0}\" is in the relation already")]
    DuplicateUnit(String),
    /// The unit is not one of the relation's remote application.
    #[error("unit \"{unit}\" is no unit of \"{app}\"")]
    ForeignUnit {
        /// The unit.
        unit: String,
        /// The remote application.
        app: String,
    },
    /// A relation of container scope has one remote unit, that of the same machine or pod.
    #[error("a relation of container scope takes no second unit \"{0}\"")]
    ContainerScope(String),
    /// The name is neither a unit's nor an application's.
    #[error("\"{0}\" names neither a unit nor an application")]
    InvalidName(String),
    /// The text is no address.
    #[error("\"{0}\" is no network address")]
    InvalidNetwork(String),
    /// The charm owns the secret, so the test may not change it; or the charm does not own it, and the event is an
    /// owner's.
    #[error("secret \"{0}\": {1}")]
    SecretOwner(String, &'static str),
    /// The model refused the call, as Juju refuses it to an operator.
    #[error("{0}")]
    Model(ModelError),
    /// The charm failed; its writes in this event are dropped.
    #[error("uncaught error of the charm in {event}: {}", chain(error))]
    UncaughtCharmError {
        /// The event's name.
        event: String,
        /// The charm's error.
        error: DispatchError<E>,
    },
    /// The charm called `action-fail`.
    #[error("action \"{}\" failed: {message}", action.name)]
    ActionFailed {
        /// Message of the last `action-fail`.
        message: String,
        /// The action, with its results and log lines.
        action: Box<Action>,
    },
    /// A temporary file or socket can't be made.
    #[error("cannot {what}: {error}")]
    Io {
        /// The operation.
        what: &'static str,
        /// The system's reason.
        error: std::io::Error,
    },
    /// The environment made for the event can't be read, which is a bug of this package.
    #[error("cannot read the environment: {}", chain(.0))]
    Environment(ContextError),
}

impl<E: std::error::Error + 'static> From<ModelError> for HarnessError<E> {
    fn from(error: ModelError) -> Self {
        HarnessError::Model(error)
    }
}

impl<E: std::error::Error + 'static> From<MetadataError> for HarnessError<E> {
    fn from(error: MetadataError) -> Self {
        HarnessError::Metadata(error)
    }
}

impl<E: std::error::Error + 'static> From<ContextError> for HarnessError<E> {
    fn from(error: ContextError) -> Self {
        HarnessError::Environment(error)
    }
}
