//! Errors of hook-tool calls.

use juju::RelationId;

/// A refused call. `Display` names the unit, the call and the rule; [`Error::tool_message`] is what Juju's tool prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Wrong arguments.
    #[error("{0}")]
    Usage(String),
    /// A rule of Juju forbids the call.
    #[error("{who} cannot {what}: {why}")]
    Denied {
        /// The unit.
        who: String,
        /// The refused call, as a verb with its object.
        what: String,
        /// The rule.
        why: &'static str,
        /// Message of Juju's tool.
        juju: &'static str,
    },
    /// The unit has no such relation.
    #[error("invalid value \"{0}\" for option -r: relation not found")]
    RelationNotFound(String),
    /// A databag would be larger than Juju allows.
    #[error("relation {id}: settings of {bytes} bytes exceed the limit of {limit}")]
    DatabagTooLarge {
        /// The relation.
        id: RelationId,
        /// Size of keys and values together.
        bytes: usize,
        /// Largest size.
        limit: usize,
    },
    /// An object that the call names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Another call that Juju refuses.
    #[error("{0}")]
    Refused(String),
}

impl Error {
    /// Message of Juju's tool, without the `ERROR` before it.
    pub fn tool_message(&self) -> String {
        match self {
            Error::Denied { juju, .. } => (*juju).to_owned(),
            other => other.to_string(),
        }
    }

    /// Exit code of Juju's tool: 2 for wrong arguments, else 1.
    pub fn exit_code(&self) -> i32 {
        if matches!(self, Error::Usage(_) | Error::RelationNotFound(_)) { 2 } else { 1 }
    }
}

/// Makes an [`Error::Usage`].
pub(crate) fn usage(message: impl Into<String>) -> Error {
    Error::Usage(message.into())
}
