//! Clients of the API, and the access that each request needs.

use std::net::SocketAddr;

use rustix::process::getuid;

/// Transport of a request, with what it says about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// The unix socket; the kernel names the user of the client's process.
    Socket { uid: u32 },
    /// HTTP over TCP, from any address.
    Http(SocketAddr),
}

/// Access level that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// No access: any client, also over TCP.
    Open,
    /// Any user of this machine.
    User,
    /// Root, or the daemon's own user.
    Admin,
}

/// The user whose process sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) is_admin: bool,
}

impl Transport {
    /// The client's user; `None` over HTTP, where the client is unknown.
    pub(crate) fn user(self) -> Option<User> {
        match self {
            Transport::Socket { uid } => Some(User { uid, is_admin: uid == 0 || uid == getuid().as_raw() }),
            Transport::Http(_) => None,
        }
    }

    /// Name in the request log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Transport::Socket { .. } => "http+unix",
            Transport::Http(_) => "http",
        }
    }
}

impl Access {
    /// True if a request of this user is allowed; `None` is an unknown client.
    pub(crate) fn allows(self, user: Option<User>) -> bool {
        match self {
            Access::Open => true,
            Access::User => user.is_some(),
            Access::Admin => user.is_some_and(|user| user.is_admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_the_daemons_user_are_admins() {
        let user = |uid| Transport::Socket { uid }.user();
        let other = getuid().as_raw() + 12345;
        assert!(Access::Admin.allows(user(0)) && Access::Admin.allows(user(getuid().as_raw())));
        assert!(Access::User.allows(user(other)) && !Access::Admin.allows(user(other)));
        let http = Transport::Http(([127, 0, 0, 1], 80).into()).user();
        assert!(Access::Open.allows(http) && !Access::User.allows(http) && !Access::Admin.allows(http));
    }
}
