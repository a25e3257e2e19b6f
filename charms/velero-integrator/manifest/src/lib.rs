//! Velero's objects `Backup` and `Schedule` (`velero.io/v1`) from a request for backups. Pure; no Kubernetes client.
//!
//! The fields are those of Velero's custom-resource definitions, as of May 2026. Metadata and label selector are
//! Kubernetes' own types. Unset fields are left out, so that Velero's defaults hold.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod object;
mod spec;
#[cfg(test)]
mod tests;

pub use object::{Backup, Error, Name, Schedule};
pub use spec::{BackupSpec, Operator, ScheduleSpec};
