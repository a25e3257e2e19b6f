//! The result of reading a relation.

use juju::View;

/// Result of reading one side's half of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    /// There is no relation, or the remote application is gone with its databags.
    Absent,
    /// The databag is incomplete: this key, or the secret it names, is missing and may still arrive.
    Waiting(String),
    /// The remote application has written a value that can't be used; an operator must act.
    Invalid {
        /// The key with the value.
        key: String,
        /// The fault of the value. Never contains the value itself, which may be a password.
        why: String,
    },
    /// The data is complete and valid.
    Ready(T),
}

impl<T> Read<T> {
    /// Calls `reader` if the relation has a remote application; otherwise returns [`Absent`](Self::Absent).
    pub(crate) fn of(view: &View, reader: impl FnOnce() -> Result<T, Stop>) -> Self {
        if view.app.is_none() && view.remote_app.is_empty() { Self::Absent } else { reader().into() }
    }

    /// Converts the ready value with `turn`; other results stay as they are.
    #[must_use]
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Read<U> {
        self.and_then(|value| Read::Ready(turn(value)))
    }

    /// Calls `reader` with the ready value; other results stay as they are.
    #[must_use]
    pub fn and_then<U>(self, reader: impl FnOnce(T) -> Read<U>) -> Read<U> {
        match self {
            Self::Absent => Read::Absent,
            Self::Waiting(what) => Read::Waiting(what),
            Self::Invalid { key, why } => Read::Invalid { key, why },
            Self::Ready(value) => reader(value),
        }
    }

    /// The ready value, if there is one.
    #[must_use]
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

/// Error of a reader: the part of [`Read`] that ends it early.
pub(crate) enum Stop {
    Waiting(String),
    Invalid { key: String, why: String },
}

impl Stop {
    pub(crate) fn waiting(key: &str) -> Self {
        Self::Waiting(key.to_owned())
    }

    pub(crate) fn invalid(key: &str, why: &str) -> Self {
        Self::Invalid { key: key.to_owned(), why: why.to_owned() }
    }
}

impl<T> From<Result<T, Stop>> for Read<T> {
    fn from(result: Result<T, Stop>) -> Self {
        match result {
            Ok(value) => Self::Ready(value),
            Err(Stop::Waiting(key)) => Self::Waiting(key),
            Err(Stop::Invalid { key, why }) => Self::Invalid { key, why },
        }
    }
}
