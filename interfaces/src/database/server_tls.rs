//! TLS of the provider's servers, in the group `tls` of the [database family](super).

use juju::{SecretContent, View};

use crate::field::{self, checked};
use crate::read::{Read, Stop};
use crate::secret::Secrets;

/// TLS of servers, as their provider tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerTls {
    /// True if the servers speak TLS.
    pub is_on: bool,
    /// Certificate of their authority, in PEM, as far as the provider tells it.
    pub ca: Option<String>,
}

/// Reads the fields `tls` and `tls-ca`, from the secret of the group or in clear. A provider without them has no TLS.
///
/// ```
/// use interfaces::database::{ServerTls, server_tls};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("backend-database", RelationId(3));
/// view.app = Some("postgresql-k8s".into());
/// view.remote_app = Databag::from_iter([("tls", "True"), ("tls-ca", "PEM")]);
/// let read = server_tls(&view, &interfaces::Secrets::new());
/// assert_eq!(read.ready(), Some(&ServerTls { is_on: true, ca: Some("PEM".into()) }));
/// ```
#[must_use]
pub fn server_tls(view: &View, secrets: &Secrets) -> Read<ServerTls> {
    Read::of(view, || read(view, secrets))
}

fn read(view: &View, secrets: &Secrets) -> Result<ServerTls, Stop> {
    const SECRET: &str = "secret-tls";
    let address = view.remote_app.text(SECRET);
    let content: Option<&SecretContent> = address.map(|text| field::content(SECRET, text, secrets)).transpose()?;
    let text = |key: &str| match content {
        Some(content) => content.get(key).map(juju::Secret::expose),
        None => view.remote_app.text(key),
    };
    let is_on = checked("tls", text("tls"))?.is_some_and(|word| word.eq_ignore_ascii_case("true"));
    let ca = text("tls-ca").filter(|ca| is_on && !ca.is_empty());
    Ok(ServerTls { is_on, ca: ca.map(|ca| field::certificates("tls-ca", ca)).transpose()? })
}

#[cfg(test)]
mod tests {
    use juju::{Databag, RelationId};

    use super::*;

    fn view(settings: &[(&str, &str)]) -> View {
        let mut view = View::empty("backend-database", RelationId(3));
        view.app = Some("postgresql-k8s".to_owned());
        view.remote_app = settings.iter().copied().collect::<Databag>();
        view
    }

    #[test]
    fn tls_is_off_unless_the_provider_says_true() {
        let on = |ca: Option<&str>| ServerTls { is_on: true, ca: ca.map(str::to_owned) };
        let table: [(&[(&str, &str)], ServerTls); 5] = [
            (&[], ServerTls::default()),
            (&[("tls", "False"), ("tls-ca", "ca")], ServerTls::default()),
            (&[("tls", "True")], on(None)),
            (&[("tls", "true"), ("tls-ca", "ca")], on(Some("ca"))),
            (&[("tls", "on")], ServerTls::default()),
        ];
        for (settings, expected) in table {
            assert_eq!(server_tls(&view(settings), &Secrets::new()).ready(), Some(&expected), "{settings:?}");
        }
    }

    #[test]
    fn a_secret_that_is_not_granted_is_waited_for_and_one_that_is_wins() {
        let id = "secret:cjqub6vubg2s77p3nio0";
        let view = view(&[("secret-tls", id), ("tls", "False")]);
        assert_eq!(server_tls(&view, &Secrets::new()), Read::Waiting("secret-tls".into()));
        let content = [("tls", "True"), ("tls-ca", "ca")].map(|(key, value)| (key.to_owned(), value.into())).into();
        let secrets = Secrets::from([(id.parse().unwrap(), content)]);
        assert!(server_tls(&view, &secrets).ready().is_some_and(|tls| tls.is_on && tls.ca.as_deref() == Some("ca")));
    }
}
