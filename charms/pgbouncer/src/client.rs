//! Credentials that a client was given, in the version of the interface that the client speaks.

pub(crate) use interfaces::database::client::Request;
use interfaces::database::v1;
use juju::{Secret, SecretId, View};

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

/// The credentials that a client was given.
pub(crate) fn given(request: &Request, view: &View) -> Option<Given> {
    let ours = view.local_app.as_ref()?;
    match request {
        Request::V1(request) => v1::answered(view, request).map(Given::Secret),
        Request::V0(_) => match ours.text("secret-user") {
            Some(address) => address.parse().ok().map(Given::Secret),
            None => Some(Given::Clear {
                username: ours.text("username")?.to_owned(),
                password: ours.text("password")?.into(),
            }),
        },
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
    fn nothing_is_given_before_an_answer() {
        let list = r#"[{"resource": "shop", "request-id": "1", "salt": "2"}]"#;
        for remote in [&[("database", "shop")][..], &[("version", "v1"), ("requests", list)]] {
            let request = Request::read(&view(remote, &[])).ready().cloned().unwrap();
            assert_eq!(given(&request, &view(remote, &[])), None);
        }
    }

    #[test]
    fn given_credentials_are_found_in_secret_and_clear_text() {
        let request = Request::read(&view(&[("database", "shop")], &[])).ready().cloned().unwrap();
        let id = "secret:cjqub6vubg2s77p3nio0";
        let given = |local: &[(&str, &str)]| given(&request, &view(&[], local));
        assert_eq!(given(&[("secret-user", id)]), Some(Given::Secret(id.parse().unwrap())));
        assert_eq!(given(&[("secret-user", "garbage"), ("username", "u"), ("password", "p")]), None);
        let clear = Given::Clear { username: "u".to_owned(), password: "p".into() };
        assert_eq!(given(&[("username", "u"), ("password", "p")]), Some(clear));
        assert_eq!(given(&[("username", "u")]), None);
    }
}
