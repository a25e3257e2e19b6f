//! Reasons why the workload is not in the desired state. Charms return them in place of errors, and make the unit's
//! status of them.

use crate::status::{Status, StatusKind};

/// Reason why the workload is not in the desired state.
///
/// `message` is for the operator, in `juju status`: it names the cause and what mends it. `log` holds the details, for
/// `juju debug-log`; it is empty if `message` says all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// [`StatusKind::Waiting`] if another application or Juju may resolve it, [`StatusKind::Blocked`] if a person must.
    pub kind: StatusKind,
    /// Text for `juju status`.
    pub message: String,
    /// Text for `juju debug-log`.
    pub log: String,
}

impl Hold {
    /// Hold that resolves itself once Juju, Pebble or another application has acted.
    pub fn waiting(message: impl Into<String>) -> Self {
        Self { kind: StatusKind::Waiting, message: message.into(), log: String::new() }
    }

    /// Hold that a person must resolve.
    pub fn blocked(message: impl Into<String>) -> Self {
        Self { kind: StatusKind::Blocked, message: message.into(), log: String::new() }
    }

    /// Adds details for the log.
    #[must_use]
    pub fn with_log(mut self, log: impl Into<String>) -> Self {
        self.log = log.into();
        self
    }

    /// Status of all holds: the kind of the first, and every message. `None` without holds.
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
    fn a_status_has_every_message_and_the_first_kind() {
        let holds = [Hold::waiting("Waiting for pebble ready"), Hold::blocked("missing integrations: db")];
        let status = Hold::status(&holds).unwrap();
        assert_eq!(status.kind, StatusKind::Waiting);
        assert_eq!(status.message, "Waiting for pebble ready; missing integrations: db");
        assert_eq!(Hold::status(&[]), None);
    }
}
