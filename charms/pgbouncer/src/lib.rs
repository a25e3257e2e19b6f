//! A charm that pools connections to PostgreSQL with PgBouncer.
//!
//! `charm.rs` names the events, `hook/` has one file for each hook: guards and steps in the order of the charm's flow
//! charts, deferral included. They are made of `unit`, one unit in one event. Below it, without Juju: `document` (the
//! configuration), `accounts` (roles and databases, over `postgres`), `workload` (the container). Pure: `options`, `place`,
//! `features`, `names`, `client`, `backend`, `ini`, `sql`, `password`, `layer`, `status`.

juju::metadata!("charmcraft.yaml");

mod accounts;
mod backend;
mod charm;
mod client;
mod document;
mod error;
mod features;
mod hook;
mod ini;
mod layer;
mod names;
mod options;
mod password;
mod place;
mod postgres;
pub mod sql;
mod status;
mod unit;
mod workload;

pub use accounts::Open;
pub use backend::{Backend, Server};
pub use charm::{PgBouncer, Pod, Surroundings};
pub use document::{BackendTls, Document, DocumentError, PoolSizes, UnitSide};
pub use error::Error;
pub use features::{Features, version};
pub use ini::{Ini, IniError};
pub use names::{DatabaseName, InvalidName};
pub use options::{InvalidOptions, Options, PoolMode};
pub use place::{Instance, Places, TlsFiles, instance_count};
pub use postgres::{Catalogue, Connection, Session, SqlError};
