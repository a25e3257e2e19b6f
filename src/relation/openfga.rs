//! OpenFGA: a store's values as the variables `FGA_…`, or as properties of the starter for Spring Boot.

use interfaces::openfga::{self, Request, Store};
use pebble::plan::Environment;

use super::names;
use crate::facts::{Interface, LocalSide};
use crate::framework::{Line, Naming};

/// Interface `openfga`.
pub const OPENFGA: Interface = Interface {
    name: openfga::INTERFACE,
    needs: openfga::NEEDS,
    clear_secrets: &["token"],
    secrets: openfga::secrets,
    read: |relation, local| {
        openfga::read(&relation.view, &relation.secrets).map(|store| match local.naming() {
            Naming::Plain => plain(&names::prefix(&relation.view.endpoint, ("openfga", "FGA")), &store).into(),
            Naming::Spring => properties(&store).into(),
        })
    },
    request: |relation, local, _| openfga::request(&relation.view, &request(local)),
    ..Interface::PLAIN
};

/// Request for a store, whose name depends on the line of charms.
fn request(local: &LocalSide<'_>) -> Request {
    let store_name = match local.framework.line {
        Line::First => "app-store",
        Line::Second => local.app(),
    };
    Request { store_name: store_name.to_owned() }
}

fn plain(prefix: &str, store: &Store) -> Environment {
    let rows = [
        ("_STORE_ID", Some(store.store_id.clone())),
        ("_TOKEN", store.token.as_ref().map(|token| token.expose().to_owned())),
        ("_GRPC_API_URL", Some(store.grpc_api_url.clone().into())),
        ("_HTTP_API_URL", Some(store.http_api_url.clone().into())),
    ];
    names::table(prefix, rows)
}

fn properties(store: &Store) -> Environment {
    let rows = [
        ("api-url", Some(store.http_api_url.clone().into())),
        ("store-id", Some(store.store_id.clone())),
        ("credentials.method", store.token.as_ref().map(|_| "API_TOKEN".to_owned())),
        ("credentials.config.api-token", store.token.as_ref().map(|token| token.expose().to_owned())),
    ];
    names::table("openfga.", rows)
}
