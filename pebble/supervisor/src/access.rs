//! Clients of the API, and the access that each request needs.

use std::net::SocketAddr;
use std::rc::Rc;

use rustix::process::getuid;

/// Transport of a request, with what it says about the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// The unix socket; the kernel names the user of the client's process.
    Socket { uid: u32 },
    /// HTTP over TCP, from any address.
    Http(SocketAddr),
    /// HTTP over TLS, from any address, with the client's certificate in DER.
    Https { peer: SocketAddr, certificate: Rc<[u8]> },
}

/// Access level that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// No access: any client, also over TCP.
    Open,
    /// Metrics: over TCP for identities with just this level.
    Metrics,
    /// Any user of this machine.
    User,
    /// Root, or the daemon's own user.
    Admin,
    /// A client certificate in an open pairing window. No part of the daemon opens one, nor does Pebble.
    Pairing,
}

/// Access level of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// All requests.
    Admin,
    /// Requests that change and disclose little.
    Read,
    /// The metrics.
    Metrics,
    /// Only requests that need no access.
    Untrusted,
}

/// The user that sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// User of the client's process; `None` for an identity of another kind.
    pub(crate) uid: Option<u32>,
    /// Name of the identity.
    pub(crate) name: Option<String>,
    pub(crate) level: Level,
}

impl User {
    /// A user of this machine without an identity.
    pub(crate) fn local(uid: u32) -> User {
        let is_admin = uid == 0 || uid == getuid().as_raw();
        User { uid: Some(uid), name: None, level: if is_admin { Level::Admin } else { Level::Read } }
    }

    /// True if the user may send all requests.
    pub(crate) fn is_admin(&self) -> bool {
        self.level == Level::Admin
    }

    /// Name in the security log: the identity's, or the user id.
    pub(crate) fn shown(&self) -> String {
        match (&self.name, self.uid) {
            (Some(name), _) => name.clone(),
            (None, Some(uid)) => uid.to_string(),
            (None, None) => "<unknown>".to_owned(),
        }
    }
}

impl Transport {
    /// User of the client's process; `None` over TCP.
    pub(crate) fn uid(&self) -> Option<u32> {
        match self {
            Transport::Socket { uid } => Some(*uid),
            Transport::Http(_) | Transport::Https { .. } => None,
        }
    }

    /// The client's address; `None` on this machine's socket.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        match self {
            Transport::Socket { .. } => None,
            Transport::Http(peer) | Transport::Https { peer, .. } => Some(*peer),
        }
    }

    /// Name in the request log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Transport::Socket { .. } => "http+unix",
            Transport::Http(_) => "http",
            Transport::Https { .. } => "https",
        }
    }

    /// True if other machines can't listen.
    fn is_concealed(&self) -> bool {
        matches!(self, Transport::Socket { .. } | Transport::Https { .. })
    }
}

impl Access {
    /// True if a request of this user over this transport is allowed; `None` is an unknown client.
    pub(crate) fn allows(self, user: Option<&User>, transport: &Transport) -> bool {
        let level = user.map(|user| user.level);
        let concealed = transport.is_concealed();
        match self {
            Access::Open => true,
            Access::Metrics if !concealed => level == Some(Level::Metrics),
            Access::Metrics => matches!(level, Some(Level::Metrics | Level::Read | Level::Admin)),
            Access::User => concealed && matches!(level, Some(Level::Read | Level::Admin)),
            Access::Admin => concealed && level == Some(Level::Admin),
            Access::Pairing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(access: Access, level: Option<Level>) -> [bool; 2] {
        let user = level.map(|level| User { uid: None, name: None, level });
        [Transport::Socket { uid: 1 }, Transport::Http(([127, 0, 0, 1], 80).into())]
            .map(|transport| access.allows(user.as_ref(), &transport))
    }

    #[test]
    fn only_root_and_the_daemons_user_are_admins() {
        let other = getuid().as_raw() + 12345;
        assert!(User::local(0).is_admin() && User::local(getuid().as_raw()).is_admin());
        assert_eq!(User::local(other).level, Level::Read);
    }

    #[test]
    fn levels_allow_over_the_socket_and_over_http() {
        let levels = [None, Some(Level::Untrusted), Some(Level::Metrics), Some(Level::Read), Some(Level::Admin)];
        let table = [
            (Access::Open, [[true, true], [true, true], [true, true], [true, true], [true, true]]),
            (Access::Metrics, [[false, false], [false, false], [true, true], [true, false], [true, false]]),
            (Access::User, [[false, false], [false, false], [false, false], [true, false], [true, false]]),
            (Access::Admin, [[false, false], [false, false], [false, false], [false, false], [true, false]]),
            (Access::Pairing, [[false; 2]; 5]),
        ];
        for (access, expected) in table {
            assert_eq!(levels.map(|level| allowed(access, level)), expected, "{access:?}");
        }
    }
}
