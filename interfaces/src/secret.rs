//! The secrets that a databag refers to, and those that could be read.

use std::collections::BTreeMap;

use juju::{SecretContent, SecretId};

/// A secret that the other side names in its databag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef {
    /// Its address, to be read with refresh: a rotation then arrives with `secret-changed`.
    pub id: SecretId,
    /// The label that the Python framework binds to it, where it binds one. Where this label is still bound to a secret
    /// that the other side has replaced since, read by the address alone.
    pub label: Option<String>,
    /// What it holds: `user`, `tls`, …
    pub group: String,
    /// Whether the reader needs it. Each reading is a process, so the others may be left alone.
    pub needed: bool,
}

/// The contents that could be read, by address. One that is missing here counts as not granted *yet*: a databag can
/// show an address before the grant is visible.
pub type Secrets = BTreeMap<SecretId, SecretContent>;
