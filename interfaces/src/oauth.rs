//! Interface `oauth`, version 0: a client at a provider of OAuth 2 and OpenID Connect.
//!
//! The requirer's leader asks for a client: the redirect URI and the scopes. The provider publishes its
//! addresses as soon as there is a relation, and, once it has made the client, its id and the address of a secret with
//! `secret`. Everything is plain text but for the lists, which are JSON.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it takes every value for JSON if it can be, and fails its hooks over an id of digits alone; here only lists are JSON;
//! - data that lack an address fail its hooks; here it's waited for;
//! - it never reads a client's secret that was rotated.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Changes, Databag, Needs, Secret, View};

use crate::address;
use crate::field::{self, needed};
use crate::json;
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "oauth";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = APPS;

const CLIENT_ID: &str = "client_id";
const CLIENT_SECRET: &str = "client_secret_id";

/// OAuth 2 grant of web apps: visitors are redirected to the provider and return with a code.
pub const GRANT_TYPE: &str = "authorization_code";

/// Request of a requirer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// URL to which the provider redirects visitors.
    pub redirect_uri: String,
    /// The scopes, with blanks between them.
    pub scope: String,
}

/// A client that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// URL of the issuer.
    pub issuer_url: Url,
    /// URL to which visitors are redirected to sign on.
    pub authorization_endpoint: Url,
    /// URL that exchanges a code for a token.
    pub token_endpoint: Url,
    /// URL of token introspection.
    pub introspection_endpoint: Url,
    /// URL that returns a visitor's claims for a token.
    pub userinfo_endpoint: Url,
    /// URL of the keys that tokens are signed with.
    pub jwks_endpoint: Url,
}

/// The secret of the client.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    field::reference(view.remote_app.text(CLIENT_SECRET), "client")
}

/// Reads the client; its secret's content comes from `secrets`.
///
/// ```
/// use interfaces::{Read, Secrets, oauth};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("oidc", RelationId(13));
/// view.app = Some("hydra".into());
/// view.remote_app = Databag::from_iter([("issuer_url", "https://idp.example.com")]);
/// assert_eq!(oauth::read(&view, &Secrets::new()), Read::Waiting("client_id".into()));
/// ```
#[must_use]
pub fn read(view: &View, secrets: &Secrets) -> Read<Client> {
    Read::of(view, || client(&view.remote_app, secrets))
}

fn client(app: &Databag, secrets: &Secrets) -> Result<Client, Stop> {
    let client_id = needed(app, CLIENT_ID)?;
    let content = field::content(CLIENT_SECRET, &needed(app, CLIENT_SECRET)?, secrets)?;
    Ok(Client {
        client_id,
        client_secret: field::secret(CLIENT_SECRET, content, "secret")?.ok_or_else(|| Stop::waiting(CLIENT_SECRET))?,
        issuer_url: address::needed(app, "issuer_url")?,
        authorization_endpoint: address::needed(app, "authorization_endpoint")?,
        token_endpoint: address::needed(app, "token_endpoint")?,
        introspection_endpoint: address::needed(app, "introspection_endpoint")?,
        userinfo_endpoint: address::needed(app, "userinfo_endpoint")?,
        jwks_endpoint: address::needed(app, "jwks_endpoint")?,
    })
}

/// Changes of the requirer: the wanted client, if this unit leads.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let wanted = Databag::from_iter([
        ("redirect_uri", request.redirect_uri.clone()),
        ("scope", request.scope.clone()),
        ("grant_types", json::text(&[GRANT_TYPE])),
        ("audience", json::text::<[&str]>(&[])),
        ("token_endpoint_auth_method", "client_secret_basic".to_owned()),
    ]);
    Changes::of_leader(view, &wanted)
}
