//! A subordinate charm that asks a backup agent for backups in place of its principal.
//!
//! Every observed event reconciles: the options become a [`Request`](interfaces::backup::Request) (`request`), each unit
//! keeps its [`Scripts`] on its machine, and the leader writes the request into every `backup` relation.
//!
//! Differences from the Python charm:
//!
//! - the databag is for all units, yet the Python leader alone writes the scripts, under its own unit's name; here
//!   every unit writes them, under the application's name, so the paths are right on every machine;
//! - the script of an option that is unset is deleted, and all of them when the unit is removed;
//! - several `backup` relations all get the request; the Python charm fails;
//! - a full disk blocks the unit with a message, and `update-status` tries again; the Python charm's hook fails;
//! - all units validate the options, so all show the same status.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod charm;
mod place;
mod request;
mod scripts;

pub use charm::{BackupIntegrator, Error};
pub use place::{Place, PlaceError};
pub use scripts::{Change, ScriptError, Scripts};

juju::metadata!("charmcraft.yaml");
