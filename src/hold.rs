//! Why the application isn't in the state that was asked for: what a stage says instead of an error.

use juju::{Status, StatusKind};

/// A reason to stop here, with a text for each of its two readers.
///
/// The operator sees `message` in `juju status`: it names the thing and the way out. `log` goes to `juju debug-log`
/// and holds the details; empty, there is nothing more to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// [`StatusKind::Waiting`] if another side may still complete it, [`StatusKind::Blocked`] if a person must act.
    pub kind: StatusKind,
    /// For `juju status`.
    pub message: String,
    /// For `juju debug-log`.
    pub log: String,
}

impl Hold {
    /// Something that another side is expected to complete.
    pub fn waiting(message: impl Into<String>) -> Self {
        Self { kind: StatusKind::Waiting, message: message.into(), log: String::new() }
    }

    /// Something that a person must do.
    pub fn blocked(message: impl Into<String>) -> Self {
        Self { kind: StatusKind::Blocked, message: message.into(), log: String::new() }
    }

    /// The same, with details for the log.
    #[must_use]
    pub fn with_log(mut self, log: impl Into<String>) -> Self {
        self.log = log.into();
        self
    }

    /// What the container's Pebble not answering becomes.
    #[must_use]
    pub fn pebble_away() -> Self {
        Self::waiting("Waiting for pebble ready")
    }

    /// Every reason in one status: the first one's kind, all their messages. `None` if there is no reason.
    #[must_use]
    pub fn status(holds: &[Self]) -> Option<Status> {
        let first = holds.first()?;
        let messages: Vec<_> = holds.iter().map(|hold| hold.message.as_str()).collect();
        Some(Status { kind: first.kind, message: messages.join("; ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_the_first_decides() {
        let holds = [Hold::waiting("Waiting for pebble ready"), Hold::blocked("missing integrations: db")];
        let status = Hold::status(&holds).unwrap();
        assert_eq!(status.kind, StatusKind::Waiting);
        assert_eq!(status.message, "Waiting for pebble ready; missing integrations: db");
        assert_eq!(Hold::status(&[]), None);
    }
}
