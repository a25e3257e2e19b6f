//! Both halves of the interface `k8s_backup_target` for charms, and [`BackupTarget`], a small charm that asks for backups.
//!
//! - [`Requests`]: the provider's half, for an application that wants backups;
//! - [`targets`] and [`observe_targets`]: the requirer's half, for a backup charm or an integrator.
//!
//! The wire forms are in [`interfaces::k8s_backup_target`]. No part of this package has access to Kubernetes.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod charm;
mod options;
mod provider;
mod requirer;

pub use charm::BackupTarget;
pub use provider::{DuplicateEndpoint, Requests};
pub use requirer::{TargetChanged, TargetGone, observe_targets, targets};

juju::metadata!("charmcraft.yaml");
