//! Why the model refuses a call.

use juju::RelationId;

/// A refused call. Its `Display` says who wanted what and why not; [`Error::tool_message`] is what Juju's tool prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The call itself is wrong.
    #[error("{0}")]
    Usage(String),
    /// A rule of Juju's forbids it.
    #[error("{who} cannot {what}: {why}")]
    Denied {
        /// The unit.
        who: String,
        /// What it tried.
        what: String,
        /// The rule.
        why: &'static str,
        /// What Juju's tool prints.
        juju: &'static str,
    },
    /// The unit has no such relation.
    #[error("invalid value \"{0}\" for option -r: relation not found")]
    RelationNotFound(String),
    /// A databag would outgrow what Juju stores.
    #[error("relation {id}: settings of {bytes} bytes exceed the limit of {limit}")]
    DatabagTooLarge {
        /// The relation.
        id: RelationId,
        /// Keys and values together.
        bytes: usize,
        /// The most there may be.
        limit: usize,
    },
    /// What the call names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Anything else Juju refuses.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// What Juju's tool prints behind `ERROR`.
    pub fn tool_message(&self) -> String {
        match self {
            Error::Denied { juju, .. } => (*juju).to_owned(),
            other => other.to_string(),
        }
    }

    /// The exit code of Juju's tool: 2 for a wrong call, 1 for the rest.
    pub fn exit_code(&self) -> i32 {
        if matches!(self, Error::Usage(_) | Error::RelationNotFound(_)) { 2 } else { 1 }
    }
}

/// Shorthand for a wrong call.
pub(crate) fn usage(message: impl Into<String>) -> Error {
    Error::Usage(message.into())
}
