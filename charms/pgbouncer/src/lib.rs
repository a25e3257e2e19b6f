//! A charm that pools connections to PostgreSQL with PgBouncer.
//!
//! Pure parts, in the order of reading: `options`, `place`, `features`, `names`, `backend`, `document` (on `ini`), `sql`,
//! `password`, `layer`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod backend;
mod document;
mod features;
mod ini;
mod names;
mod options;
mod password;
mod place;
pub mod sql;

pub use backend::{Backend, Server};
pub use document::{Document, DocumentError, PoolSizes, UnitSide};
pub use features::{Features, version};
pub use ini::{Ini, IniError};
pub use names::{DatabaseName, InvalidName};
pub use options::{InvalidOptions, Options, PoolMode};
pub use place::{Instance, Places, TlsFiles, instance_count};
