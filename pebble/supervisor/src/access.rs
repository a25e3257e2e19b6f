//! Who asks, and what they may do.

use std::net::SocketAddr;

use rustix::process::getuid;

/// Over what a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// The socket, from a process of this user.
    Socket { uid: u32 },
    /// HTTP, from anywhere.
    Http(SocketAddr),
}

/// What it takes to ask for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    Open,
    /// To be a user of this machine.
    User,
    /// To be root, or the daemon's own user.
    Admin,
}

/// A user who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) is_admin: bool,
}

impl Transport {
    /// The user who asks; over HTTP nobody is known.
    pub(crate) fn user(self) -> Option<User> {
        match self {
            Transport::Socket { uid } => Some(User { uid, is_admin: uid == 0 || uid == getuid().as_raw() }),
            Transport::Http(_) => None,
        }
    }

    /// As the request log names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Transport::Socket { .. } => "http+unix",
            Transport::Http(_) => "http",
        }
    }
}

impl Access {
    /// Whether this user, or nobody, may.
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
