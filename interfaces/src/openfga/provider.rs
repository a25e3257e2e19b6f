//! The provider's half of [`openfga`](super).

use juju::{Databag, Needs, View};

use super::{STORE_NAME, Store, TOKEN_SECRET};
use crate::change::Changes;
use crate::field::needed;
use crate::needs::APPS;
use crate::read::Read;

/// What of the relation is read by the provider.
pub const NEEDS: Needs = APPS;

/// The name of the store that the requirer asks for.
#[must_use]
pub fn read(view: &View) -> Read<String> {
    Read::of(view, || needed(&view.remote_app, STORE_NAME))
}

/// What the **leader** writes once the store is there: its token is in a secret.
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
