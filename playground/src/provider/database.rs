//! Users of databases, and what is published of them: alike for PostgreSQL, MySQL and MongoDB.

use interfaces::database::provider::Account;
use juju::Secret;

use crate::pod::Neighbor;

/// User of a relation, for the database that the relation requests.
#[derive(Debug, Clone)]
pub(super) struct User {
    /// The database.
    pub(super) database: String,
    /// The user's name.
    pub(super) name: String,
    /// Its password.
    pub(super) password: Secret,
}

impl User {
    /// Its account, as it is published, on a server without TLS that is reached on `way`.
    pub(super) fn account(self, way: &Neighbor, version: Option<&str>) -> Account {
        Account {
            database: self.database,
            username: self.name,
            password: self.password,
            uris: None,
            endpoints: vec![way.place()],
            read_only_endpoints: Vec::new(),
            tls: Some(false),
            tls_ca: None,
            replset: None,
            version: version.map(str::to_owned),
        }
    }
}
