//! References to secrets in a databag, and the contents that Juju returned.

use std::collections::BTreeMap;

use juju::{SecretContent, SecretId};

/// A secret that the remote application names in its databag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef {
    /// Its id. Read it with refresh, so that `secret-changed` announces the next rotation.
    pub id: SecretId,
    /// The label that the Python framework binds to it, if any. If the label is still bound to a secret that the remote
    /// application has replaced, read by the id alone.
    pub label: Option<String>,
    /// The group of fields it holds: `user`, `tls`, …
    pub group: String,
    /// True if the interface's `read` needs the content. Skip the others: each `secret-get` starts a process.
    pub needed: bool,
}

/// Contents of the secrets that Juju returned, by id. A missing secret counts as not granted *yet*: a databag can show
/// an id before the grant is visible.
pub type Secrets = BTreeMap<SecretId, SecretContent>;
