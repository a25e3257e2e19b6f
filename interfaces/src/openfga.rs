//! Interface `openfga`, version 1: a store of an authorization service.
//!
//! The requirer's leader asks for a store by name; the provider answers with its id, the service's two addresses and a
//! token, in a secret that `token_secret_id` names or, with an old Juju, in clear. Providers of version 0 write other
//! keys, so they are waited for.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it takes data without a store for complete; here the store is waited for;
//! - it never reads a token that was rotated;
//! - its 2.x line asks for a store of another name than the 1.x line, and a store of a new name is an empty one. Here a
//!   name that was asked for is left as it is.

pub mod provider;
#[cfg(test)]
mod tests;

use juju::{Changes, Databag, Needs, Secret, View};

use crate::address;
use crate::field::{self, needed, text};
use crate::needs::APPS;
use crate::read::{Read, Stop};
use crate::secret::{SecretRef, Secrets};
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "openfga";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = APPS;

const STORE_NAME: &str = "store_name";
const TOKEN_SECRET: &str = "token_secret_id";

/// Request of a requirer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The store's name.
    pub store_name: String,
}

/// A store that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Its id.
    pub store_id: String,
    /// Token for the service's API, if it requires one.
    pub token: Option<Secret>,
    /// URL of the gRPC API.
    pub grpc_api_url: Url,
    /// URL of the HTTP API.
    pub http_api_url: Url,
}

/// The secret that holds the token, if it isn't in clear.
#[must_use]
pub fn secrets(view: &View) -> Vec<SecretRef> {
    field::reference(view.remote_app.text(TOKEN_SECRET), "token")
}

/// Reads the store; the token comes from `secrets` if the databag names a secret.
///
/// ```
/// use interfaces::{Read, Secrets, openfga};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("openfga", RelationId(15));
/// view.app = Some("openfga-k8s".into());
/// view.remote_app = Databag::from_iter([("grpc_api_url", "http://fga:8081"), ("http_api_url", "http://fga:8080")]);
/// assert_eq!(openfga::read(&view, &Secrets::new()), Read::Waiting("store_id".into()));
/// ```
#[must_use]
pub fn read(view: &View, secrets: &Secrets) -> Read<Store> {
    Read::of(view, || store(&view.remote_app, secrets))
}

fn store(app: &Databag, secrets: &Secrets) -> Result<Store, Stop> {
    Ok(Store {
        grpc_api_url: needed(app, "grpc_api_url")?.into(),
        http_api_url: address::needed(app, "http_api_url")?,
        store_id: needed(app, "store_id")?,
        token: token(app, secrets)?,
    })
}

fn token(app: &Databag, secrets: &Secrets) -> Result<Option<Secret>, Stop> {
    match app.text(TOKEN_SECRET).filter(|address| !address.is_empty()) {
        Some(address) => field::secret(TOKEN_SECRET, field::content(TOKEN_SECRET, address, secrets)?, "token"),
        None => Ok(text(app, "token")?.map(Secret::from)),
    }
}

/// Changes of the requirer: the store's name, if this unit leads and hasn't asked yet.
#[must_use]
pub fn request(view: &View, request: &Request) -> Changes {
    let asked =
        view.local_app.as_ref().and_then(|current| current.text(STORE_NAME)).is_some_and(|name| !name.is_empty());
    let wanted = Databag::from_iter([(STORE_NAME, request.store_name.clone())]);
    if asked { Changes::default() } else { Changes::of_leader(view, &wanted) }
}
