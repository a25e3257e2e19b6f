//! A client's request, in the version of the interface that the client speaks.

use interfaces::Read;
use interfaces::database::provider::{self, Account, Requested};
use interfaces::database::v1;
use juju::{Changes, Secret, SecretId, View};

/// A client's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Version 0: one database, fields as keys of the databag.
    V0(Requested),
    /// Version 1: lists.
    V1(v1::Request),
}

/// Place of the credentials that a client was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// A secret of the application's.
    Secret(SecretId),
    /// Clear text, for clients that asked for no secrets.
    Clear {
        /// The user.
        username: String,
        /// Its password.
        password: Secret,
    },
}

impl Request {
    /// Reads a client's request.
    pub(crate) fn read(view: &View) -> Read<Self> {
        if v1::speaks(view) { v1::read(view).map(Self::V1) } else { provider::read(view).map(Self::V0) }
    }

    /// The database that the client wants.
    pub(crate) fn database(&self) -> &str {
        match self {
            Self::V0(request) => &request.database,
            Self::V1(request) => &request.database,
        }
    }

    /// The roles that it wants for its user.
    pub(crate) fn roles(&self) -> &[String] {
        match self {
            Self::V0(request) => &request.extra_user_roles,
            Self::V1(request) => &request.extra_user_roles,
        }
    }

    /// The credentials that it was given.
    pub(crate) fn given(&self, view: &View) -> Option<Given> {
        let ours = view.local_app.as_ref()?;
        match self {
            Self::V1(request) => v1::answered(view, request).map(Given::Secret),
            Self::V0(_) => match ours.text("secret-user") {
                Some(address) => address.parse().ok().map(Given::Secret),
                None => Some(Given::Clear {
                    username: ours.text("username")?.to_owned(),
                    password: ours.text("password")?.into(),
                }),
            },
        }
    }

    /// Changes that answer it.
    pub(crate) fn answer(&self, view: &View, account: &Account) -> Changes {
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

    fn view(remote: &[(&str, &str)], local: &[(&str, &str)]) -> View {
        let mut view = View::empty("database", RelationId(5));
        view.app = Some("web".to_owned());
        view.remote_app = remote.iter().copied().collect();
        view.local_app = Some(local.iter().copied().collect::<Databag>());
        view
    }

    #[test]
    fn both_versions_are_read() {
        let v0 = [("database", "shop"), ("extra-user-roles", "createdb")];
        let list = r#"[{"resource": "shop", "request-id": "1", "salt": "2", "extra-user-roles": "createdb"}]"#;
        let v1 = [("version", "v1"), ("requests", list)];
        for remote in [v0, v1] {
            let request = Request::read(&view(&remote, &[])).ready().cloned().unwrap();
            assert_eq!((request.database(), request.roles()), ("shop", &["createdb".to_owned()][..]));
            assert_eq!(request.given(&view(&remote, &[])), None);
        }
    }

    #[test]
    fn given_credentials_are_found_in_secret_and_clear_text() {
        let request = Request::read(&view(&[("database", "shop")], &[])).ready().cloned().unwrap();
        let id = "secret:cjqub6vubg2s77p3nio0";
        let given = |local: &[(&str, &str)]| request.given(&view(&[], local));
        assert_eq!(given(&[("secret-user", id)]), Some(Given::Secret(id.parse().unwrap())));
        assert_eq!(given(&[("secret-user", "garbage"), ("username", "u"), ("password", "p")]), None);
        let clear = Given::Clear { username: "u".to_owned(), password: "p".into() };
        assert_eq!(given(&[("username", "u"), ("password", "p")]), Some(clear));
        assert_eq!(given(&[("username", "u")]), None);
    }
}
