//! Holds of a container that Pebble does not let the charm reach or change.

use std::io;

use juju::{Hold, chain};

/// Hold of a container in which Pebble does not listen.
#[must_use]
pub fn away() -> Hold {
    Hold::waiting("Waiting for pebble ready")
}

/// Hold of a failed request to Pebble. `what` names the request, as in "cannot write /x". Waiting if Pebble does not
/// listen or ends the connection, since a later event may succeed; blocked otherwise. The message has the cause, except
/// if Pebble does not listen.
#[must_use]
pub fn of(what: &str, error: &pebble::Error) -> Hold {
    let why = chain(error);
    match error {
        pebble::Error::Connect { source, .. } if is_absence(source) => away().with_log(why),
        pebble::Error::Disconnected { .. } => Hold::waiting(format!("{what}: {why}")),
        _ => Hold::blocked(format!("{what}: {why}")),
    }
}

/// True if the socket has no listener. Other errors, such as a denied permission, need a person.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use juju::StatusKind;

    use super::*;

    #[test]
    fn only_a_socket_without_a_listener_is_waited_for_without_a_cause() {
        use io::ErrorKind::{ConnectionRefused, NotFound, Other, PermissionDenied, StorageFull};
        let connect = |kind: io::ErrorKind| pebble::Error::Connect { socket: "/p".into(), source: kind.into() };
        let shown = |error: pebble::Error| {
            let hold = of("cannot write /x", &error);
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
