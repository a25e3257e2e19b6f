//! The one error of hook tools.

use std::io;
use std::time::Duration;

use super::call::one_line;
use crate::name::{RelationId, UnitName};
use crate::settings::SettingError;

/// Result of a handler, or of a call of Juju.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// A failed hook-tool call, or something that a handler can't do with its answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tool ran and refused.
    #[error("cannot run {command}: {}", said(*code, stderr))]
    Tool {
        /// The tool and its arguments, without any value a databag, a secret or the like may hold.
        command: String,
        /// Its exit code; `None` if a signal ended it.
        code: Option<i32>,
        /// Its standard error.
        stderr: String,
    },
    /// The tool did not end in time, and was killed.
    #[error("cannot run {command}: it did not end within {after:?}")]
    Hangs {
        /// The tool and its arguments, as above.
        command: String,
        /// The time it had.
        after: Duration,
    },
    /// The tool could not be started.
    #[error("cannot start {command}")]
    Spawn {
        /// The tool and its arguments, as above.
        command: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The tool's answer is not what it is known to answer. The answer itself is left out: it may be a secret.
    #[error("cannot read the answer of {command}: {what}")]
    Answer {
        /// The tool and its arguments, as above.
        command: String,
        /// The expected form, or the place of the first error in the answer.
        what: String,
    },
    /// A file that carries a secret to the tool could not be written.
    #[error("cannot write a private file for {command}")]
    File {
        /// The tool.
        command: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A databag would grow beyond what Juju takes at the end of the hook.
    #[error("cannot write {bytes} bytes into relation {relation}: a databag holds {} bytes", crate::MAX_DATABAG_BYTES)]
    TooLarge {
        /// The relation.
        relation: RelationId,
        /// The size the databag would have.
        bytes: usize,
    },
    /// A databag is not what its reader expects, or a struct can't be written into one.
    #[error("cannot use the databag of {owner} in relation {endpoint}:{relation}")]
    Databag {
        /// Our endpoint.
        endpoint: String,
        /// The relation.
        relation: RelationId,
        /// The application or unit whose databag it is.
        owner: String,
        /// The key and the reason.
        source: SettingError,
    },
    /// The options are not what their reader expects.
    #[error("cannot use the options")]
    Options {
        /// The option and the reason.
        source: SettingError,
    },
    /// A stored value can't be read or written.
    #[error("cannot keep the stored value {name}: {why}")]
    Stored {
        /// Its name.
        name: String,
        /// The reason.
        why: String,
    },
    /// Keys of the unit's state that begin with `juju.` belong to the framework.
    #[error("cannot use the key {key:?} of the unit's state: keys that begin with `juju.` belong to the framework")]
    ReservedKey {
        /// The key.
        key: String,
    },
    /// Pebble refused a request, or can't be used.
    #[cfg(feature = "pebble")]
    #[error("cannot use Pebble")]
    Pebble {
        /// Pebble's reason.
        source: Box<pebble::Error>,
    },
    /// A layer of the charm's own breaks Pebble's rules.
    #[cfg(feature = "pebble")]
    #[error("cannot use a layer")]
    Layer {
        /// The rule, and the place.
        source: pebble::plan::Error,
    },
    /// A name that an author wrote as a text is not in the charm's metadata; see [`Declarations`](crate::Declarations).
    #[error("the charm declares no {thing} {name:?}{}", hint(nearest.as_deref()))]
    UnknownName {
        /// The kind of thing, such as `endpoint`.
        thing: &'static str,
        /// The name.
        name: Box<str>,
        /// The most similar name that the charm declares.
        nearest: Option<Box<str>>,
    },
    /// There is no such secret.
    #[error("cannot use the secret {secret}: it does not exist")]
    SecretNotFound {
        /// Its id, or its label.
        secret: String,
        /// Juju's words.
        source: Box<Error>,
    },
    /// This application may not read the secret: its owner has not granted it.
    #[error("cannot use the secret {secret}: it is not granted to this application")]
    SecretNotGranted {
        /// Its id, or its label.
        secret: String,
        /// Juju's words.
        source: Box<Error>,
    },
    /// Only the leader writes into its application's databag.
    #[error("{unit} cannot write the databag of {app} in relation {relation}: it does not lead")]
    NotLeader {
        /// The application.
        app: String,
        /// This unit.
        unit: UnitName,
        /// The relation.
        relation: RelationId,
    },
    /// An endpoint has several relations where one was asked for.
    #[error("endpoint {endpoint} has several relations ({}): ask for all of them", listed(ids))]
    TooManyRelated {
        /// The endpoint.
        endpoint: String,
        /// The relations.
        ids: Vec<RelationId>,
    },
    /// A relation was asked for under an endpoint that is not its own.
    #[error("relation {relation} is of endpoint {of:?}, not of {endpoint:?}")]
    OtherEndpoint {
        /// The relation.
        relation: RelationId,
        /// The endpoint that was named.
        endpoint: String,
        /// The relation's endpoint.
        of: String,
    },
    /// Values of our half of a relation could not be published.
    #[error("cannot publish {keys} in relation {endpoint}:{relation}")]
    Publish {
        /// The keys, separated by commas.
        keys: String,
        /// Our endpoint.
        endpoint: String,
        /// The relation.
        relation: RelationId,
        /// The failed read or write.
        source: Box<Error>,
    },
    /// This [`crate::Backend`] does not implement the tool.
    #[error("cannot run {tool}: there is no such tool here")]
    Unsupported {
        /// The tool.
        tool: &'static str,
    },
}

impl Error {
    /// A refusal, as a tool would give it; for models.
    pub fn refusal(command: impl Into<String>, code: i32, stderr: impl Into<String>) -> Self {
        Self::Tool { command: command.into(), code: Some(code), stderr: stderr.into() }
    }

    /// True if Juju denied this unit the permission.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        let words = ["permission denied", "cannot write relation settings", "is not the leader"];
        matches!(self, Self::NotLeader { .. })
            || self.said().is_some_and(|stderr| words.iter().any(|word| stderr.contains(word)))
    }

    /// True if Juju reported that the object does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.said().is_some_and(|stderr| stderr.contains("not found"))
    }

    fn said(&self) -> Option<&str> {
        match self {
            Self::Tool { stderr, .. } => Some(stderr),
            Self::Publish { source, .. }
            | Self::SecretNotFound { source, .. }
            | Self::SecretNotGranted { source, .. } => source.said(),
            _ => None,
        }
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

fn listed(ids: &[RelationId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A failed tool's standard error; if that is empty, its exit code or signal.
fn said(code: Option<i32>, stderr: &str) -> String {
    match (code, stderr.trim()) {
        (Some(code), "") => format!("it ended with exit code {code} and said nothing"),
        (None, "") => "a signal ended it".to_owned(),
        (_, stderr) => one_line(stderr),
    }
}
