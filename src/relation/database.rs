//! A database as the variables `<ENDPOINT>_DB_…`.

use interfaces::database::Database;
use pebble::plan::Environment;

use crate::url;

/// The variables of the database of this endpoint: `POSTGRESQL_DB_…` for the endpoint `postgresql`, `ORDERS_DB_…` for
/// one that its author called `orders`.
#[must_use]
pub fn environment(endpoint: &str, database: &Database) -> Environment {
    let prefix = format!("{}_DB", endpoint.replace('-', "_").to_uppercase());
    url::variables(&prefix, database.uri.expose())
}
