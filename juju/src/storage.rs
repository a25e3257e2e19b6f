//! Storages attached to the unit.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An attached storage, as `storage-get` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageInfo {
    /// `filesystem` or `block`.
    pub kind: String,
    /// The path of the mounted folder or of the block device.
    pub location: PathBuf,
}
