//! Interface `postgresql_client`: the [database family](crate::database) with PostgreSQL's scheme.
//!
//! ```
//! use interfaces::postgresql::{self, Read, Request};
//! use juju::{Databag, RelationId, View};
//!
//! let mut view = View::empty("postgresql", RelationId(7));
//! view.app = Some("postgresql-k8s".into());
//! view.remote_app = Databag::from_iter([("endpoints", "db:5432"), ("secret-user", "secret:cjqub6vubg2s77p3nio0")]);
//! let request = Request { database: "shop".into(), secrets: true, cross_model: false };
//!
//! // The caller reads the secrets that the view refers to; this one isn't granted yet.
//! let refs = postgresql::secrets(&view);
//! assert_eq!(refs[0].label.as_deref(), Some("postgresql.7.user.secret"));
//! let mut secrets = interfaces::Secrets::new();
//! assert_eq!(postgresql::read(&view, &secrets, &request), Read::Waiting("secret-user".into()));
//!
//! let content = [("username", "me"), ("password", "p@ss")];
//! secrets.insert(refs[0].id.clone(), content.map(|(key, value)| (key.into(), value.into())).into());
//! let read = postgresql::read(&view, &secrets, &request);
//! assert_eq!(read.ready().unwrap().uri.expose(), "postgresql://me:p%40ss@db:5432/shop");
//! ```

use juju::View;

use crate::database::{self, Family, Hosts};
use crate::secret::Secrets;

pub use crate::database::{Database, NEEDS, Request, provider, request, secrets};
pub use crate::read::Read;

/// The name of the interface.
pub const INTERFACE: &str = "postgresql_client";

const FAMILY: Family = Family { scheme: "postgresql", hosts: Hosts::First };

/// Reads the provider's answer; see [`database::read`].
#[must_use]
pub fn read(view: &View, secrets: &Secrets, request: &Request) -> Read<Database> {
    database::read(&FAMILY, view, secrets, request)
}
