//! Reasons why the workload is not in the desired state. Stages return them in place of errors.

use std::io;

use juju::{Status, StatusKind};

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

    /// Hold of a container in which Pebble does not listen.
    #[must_use]
    pub fn pebble_away() -> Self {
        Self::waiting("Waiting for pebble ready")
    }

    /// Hold of a failed request to Pebble. `what` names the request, as in "cannot write /x". Waiting if Pebble does
    /// not listen or ends the connection, since a later event may succeed; blocked otherwise. The message has the
    /// cause, except if Pebble does not listen.
    #[must_use]
    pub fn of_pebble(what: &str, error: &pebble::Error) -> Self {
        let why = chain(error);
        match error {
            pebble::Error::Connect { source, .. } if is_absence(source) => Self::pebble_away().with_log(why),
            pebble::Error::Disconnected { .. } => Self::waiting(format!("{what}: {why}")),
            _ => Self::blocked(format!("{what}: {why}")),
        }
    }

    /// Status of all holds: the kind of the first, and every message. `None` without holds.
    #[must_use]
    pub fn status(holds: &[Self]) -> Option<Status> {
        let first = holds.first()?;
        let messages: Vec<_> = holds.iter().map(|hold| hold.message.as_str()).collect();
        Some(Status { kind: first.kind, message: messages.join("; ") })
    }
}

/// True if the socket has no listener. Other errors, such as a denied permission, need a person.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Text of an error and its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
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

    #[test]
    fn only_a_socket_without_a_listener_is_waited_for_without_a_cause() {
        use io::ErrorKind::{ConnectionRefused, NotFound, Other, PermissionDenied, StorageFull};
        let connect = |kind: io::ErrorKind| pebble::Error::Connect { socket: "/p".into(), source: kind.into() };
        let shown = |error: pebble::Error| {
            let hold = Hold::of_pebble("cannot write /x", &error);
            (hold.kind, hold.message)
        };
        for kind in [NotFound, ConnectionRefused] {
            assert_eq!(shown(connect(kind)), (StatusKind::Waiting, "Waiting for pebble ready".to_owned()));
        }
        for kind in [PermissionDenied, StorageFull, Other] {
            let message = format!("cannot write /x: cannot connect to Pebble at /p: {}", io::Error::from(kind));
            assert_eq!(shown(connect(kind)), (StatusKind::Blocked, message));
        }
        let gone = pebble::Error::Disconnected { what: "POST /v1/files".to_owned(), source: None };
        let message = "cannot write /x: cannot finish POST /v1/files: Pebble went away midway";
        assert_eq!(shown(gone), (StatusKind::Waiting, message.to_owned()));
        let full = pebble::Error::Path {
            kind: pebble::PathErrorKind::Generic,
            path: "/x".to_owned(),
            message: "no space left on device".to_owned(),
        };
        let message = "cannot write /x: cannot use /x: no space left on device";
        assert_eq!(shown(full), (StatusKind::Blocked, message.to_owned()));
    }
}
