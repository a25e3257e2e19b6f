//! What a reader says of a relation.

use juju::View;

/// What one side's half of a relation amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read<T> {
    /// There is no relation, or none of its other side can be known any more.
    Absent,
    /// The other side can still complete it; this key, or the secret it names, is what is missing.
    Waiting(String),
    /// The other side has written something that can't be used; a person must act.
    Invalid {
        /// The key to blame.
        key: String,
        /// What is wrong with its value, without the value.
        why: String,
    },
    /// Everything is there.
    Ready(T),
}

impl<T> Read<T> {
    /// What `reader` makes of a relation that has another side; without one it's absent.
    pub(crate) fn of(view: &View, reader: impl FnOnce() -> Result<T, Stop>) -> Self {
        if view.app.is_none() && view.remote_app.is_empty() { Self::Absent } else { reader().into() }
    }

    /// The same answer with what is ready turned into something else.
    #[must_use]
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Read<U> {
        self.and_then(|value| Read::Ready(turn(value)))
    }

    /// What another reader makes of what is ready; otherwise the same answer.
    #[must_use]
    pub fn and_then<U>(self, reader: impl FnOnce(T) -> Read<U>) -> Read<U> {
        match self {
            Self::Absent => Read::Absent,
            Self::Waiting(what) => Read::Waiting(what),
            Self::Invalid { key, why } => Read::Invalid { key, why },
            Self::Ready(value) => reader(value),
        }
    }

    /// The result, if it is ready.
    #[must_use]
    pub fn ready(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            _ => None,
        }
    }
}

/// What ends a reading before the result is there.
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
