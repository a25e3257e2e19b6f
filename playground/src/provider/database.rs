//! Requests for databases, their users, and what is published of them: alike for PostgreSQL, MySQL and MongoDB, in both
//! versions of the data interfaces.

use interfaces::database::client::Request;
use interfaces::database::provider::Account;
use juju::{Secret, View};

use super::Error;
use super::relations::requested;
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

/// The request of a relation for a database.
///
/// # Errors
/// When the request is wrong.
pub(super) fn request(view: &View) -> Result<Option<Request>, Error> {
    requested(view.id, Request::read(view))
}

/// Refusal of the database that a request names.
pub(super) fn refused_name(view: &View, request: &Request, why: &str) -> Error {
    Error::Refused { relation: view.id, key: request.database_key().to_owned(), why: why.to_owned() }
}

/// Refusal of the roles that a request names.
pub(super) fn refused_roles(view: &View, request: &Request, why: &str) -> Error {
    Error::Refused { relation: view.id, key: request.roles_key().to_owned(), why: why.to_owned() }
}
