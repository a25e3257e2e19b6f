//! The provider's half of [`oauth`](super).

use juju::{Changes, Databag, Needs, SecretContent, View};

use super::{CLIENT_ID, CLIENT_SECRET, Client, Request};
use crate::field::needed;
use crate::needs::APPS;
use crate::read::Read;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// The client that the requirer asks for.
#[must_use]
pub fn read(view: &View) -> Read<Request> {
    let app = &view.remote_app;
    Read::of(view, || Ok(Request { redirect_uri: needed(app, "redirect_uri")?, scope: needed(app, "scope")? }))
}

/// Changes of the **leader** once the client exists: the client, and the scopes that the provider knows.
#[must_use]
pub fn answer(view: &View, client: &Client, scope: &str) -> Changes {
    let wanted = Databag::from_iter([
        ("issuer_url", client.issuer_url.as_str()),
        ("authorization_endpoint", &client.authorization_endpoint),
        ("token_endpoint", &client.token_endpoint),
        ("introspection_endpoint", &client.introspection_endpoint),
        ("userinfo_endpoint", &client.userinfo_endpoint),
        ("jwks_endpoint", &client.jwks_endpoint),
        ("scope", scope),
        ("jwt_access_token", "False"),
        (CLIENT_ID, &client.client_id),
    ]);
    let secret = SecretContent::from([("secret".to_owned(), client.client_secret.clone())]);
    Changes::with_secret(view, &wanted, CLIENT_SECRET, &format!("client_secret_{}", view.id), secret)
}
