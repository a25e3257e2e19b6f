//! The status of a unit or application.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The statuses a charm may set. Juju itself adds `error` and `unknown`.
///
/// Ordered by urgency: the greater one hides the lesser when several have to be shown as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusKind {
    /// Working.
    Active,
    /// Something else has to happen first, and will without a person.
    Waiting,
    /// Busy with work of its own.
    Maintenance,
    /// A person must act.
    Blocked,
}

impl StatusKind {
    /// Juju's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Maintenance => "maintenance",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for StatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A status with the sentence an operator reads beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The kind.
    #[serde(rename = "status")]
    pub kind: StatusKind,
    /// The sentence; may be empty.
    #[serde(default)]
    pub message: String,
}

impl Status {
    /// A status of the given kind.
    pub fn new(kind: StatusKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// An active status.
    pub fn active(message: impl Into<String>) -> Self {
        Self::new(StatusKind::Active, message)
    }

    /// A waiting status.
    pub fn waiting(message: impl Into<String>) -> Self {
        Self::new(StatusKind::Waiting, message)
    }

    /// A maintenance status.
    pub fn maintenance(message: impl Into<String>) -> Self {
        Self::new(StatusKind::Maintenance, message)
    }

    /// A blocked status.
    pub fn blocked(message: impl Into<String>) -> Self {
        Self::new(StatusKind::Blocked, message)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() { self.kind.fmt(f) } else { write!(f, "{}: {}", self.kind, self.message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_urgent_is_the_greater() {
        let mut kinds = [StatusKind::Waiting, StatusKind::Blocked, StatusKind::Active, StatusKind::Maintenance];
        kinds.sort_unstable();
        assert_eq!(kinds.map(StatusKind::as_str), ["active", "waiting", "maintenance", "blocked"]);
        assert_eq!(Status::blocked("no database").to_string(), "blocked: no database");
    }
}
