//! A client's request, in the version of the interface that the client speaks: for providers of both.
//!
//! ```
//! use interfaces::database::client::Request;
//! use juju::{Databag, RelationId, View};
//!
//! let mut view = View::empty("database", RelationId(5));
//! view.remote_app = Databag::from_iter([("database", "shop")]);
//! assert_eq!(Request::read(&view).ready().unwrap().database(), "shop");
//! let requests = r#"[{"resource": "shop", "request-id": "d0c3", "salt": "xq"}]"#;
//! view.remote_app = Databag::from_iter([("version", "v1"), ("requests", requests)]);
//! assert_eq!(Request::read(&view).ready().unwrap().database(), "shop");
//! ```

use juju::{Changes, View};

use super::provider::{self, Account, Requested};
use super::v1;
use crate::read::Read;

/// A client's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Version 0: one database, fields as keys of the databag.
    V0(Requested),
    /// Version 1: lists.
    V1(v1::Request),
}

impl Request {
    /// Reads a client's request.
    #[must_use]
    pub fn read(view: &View) -> Read<Self> {
        if v1::speaks(view) { v1::read(view).map(Self::V1) } else { provider::read(view).map(Self::V0) }
    }

    /// The database that the client wants.
    #[must_use]
    pub fn database(&self) -> &str {
        match self {
            Self::V0(request) => &request.database,
            Self::V1(request) => &request.database,
        }
    }

    /// Key of the databag that names the database.
    #[must_use]
    pub fn database_key(&self) -> &'static str {
        match self {
            Self::V0(_) => "database",
            Self::V1(_) => v1::REQUESTS,
        }
    }

    /// The roles that it wants for its user.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        match self {
            Self::V0(request) => &request.extra_user_roles,
            Self::V1(request) => &request.extra_user_roles,
        }
    }

    /// Key of the databag that names the roles.
    #[must_use]
    pub fn roles_key(&self) -> &'static str {
        match self {
            Self::V0(_) => "extra-user-roles",
            Self::V1(_) => v1::REQUESTS,
        }
    }

    /// Changes of the **leader** once the account exists.
    #[must_use]
    pub fn answer(&self, view: &View, account: &Account) -> Changes {
        match self {
            Self::V0(request) => provider::answer(view, request, account),
            Self::V1(request) => v1::answer(view, request, account),
        }
    }
}

#[cfg(test)]
mod tests {
    use juju::{Databag, RelationId};

    use super::*;

    #[test]
    fn both_versions_are_read() {
        let v0 = [("database", "shop"), ("extra-user-roles", "createdb")];
        let list = r#"[{"resource": "shop", "request-id": "1", "salt": "2", "extra-user-roles": "createdb"}]"#;
        let v1 = [("version", "v1"), ("requests", list)];
        for (remote, keys) in [(v0, ["database", "extra-user-roles"]), (v1, ["requests"; 2])] {
            let mut view = View::empty("database", RelationId(5));
            view.app = Some("web".to_owned());
            view.remote_app = Databag::from_iter(remote);
            let request = Request::read(&view).ready().cloned().unwrap();
            assert_eq!((request.database(), request.roles()), ("shop", &["createdb".to_owned()][..]));
            assert_eq!([request.database_key(), request.roles_key()], keys);
        }
    }
}
