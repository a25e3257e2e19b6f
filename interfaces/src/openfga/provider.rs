//! The provider's half of [`openfga`](super).

use juju::{Changes, Databag, Needs, View};

use super::{STORE_NAME, Store, TOKEN_SECRET};
use crate::field::needed;
use crate::needs::APPS;
use crate::read::Read;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// The name of the store that the requirer asks for.
#[must_use]
pub fn read(view: &View) -> Read<String> {
    Read::of(view, || needed(&view.remote_app, STORE_NAME))
}

/// Changes of the **leader** once the store exists; its token is in a secret.
#[must_use]
pub fn answer(view: &View, store: &Store) -> Changes {
    let wanted = Databag::from_iter([
        ("store_id", store.store_id.as_str()),
        ("grpc_api_url", store.grpc_api_url.as_str()),
        ("http_api_url", store.http_api_url.as_str()),
        ("token", ""),
    ]);
    let token = store.token.iter().map(|token| ("token".to_owned(), token.clone()));
    Changes::with_secret(view, &wanted, TOKEN_SECRET, &format!("openfga.{}.token", view.id), token.collect())
}
