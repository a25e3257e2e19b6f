//! A charm that forwards requests for backups to the operator of Velero, with a schedule.
//!
//! Every observed event reads all requests and writes them on, so that a change reaches the operator in the event that
//! brought it (`charm`). The status is decided apart (`status`). The action `print-manifest` shows the object of Velero
//! that a request makes (`manifest`).
//!
//! Differences from the Python charm:
//!
//! - with several requests its last one silently wins; here all are sent as a list, the flat keys hold the first, and the
//!   status counts the others;
//! - a malformed request is named in the status.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod charm;
mod manifest;
mod status;

pub use charm::VeleroIntegrator;

juju::metadata!("charmcraft.yaml");
