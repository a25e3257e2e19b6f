//! Requests and answers about users' secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Content of a secret by key. Its `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(pub BTreeMap<String, String>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Request about a secret. `secret` is a name, an id or an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum SecretRequest {
    /// Makes a secret.
    Add {
        /// Its name.
        name: String,
        /// Its purpose.
        info: Option<String>,
        /// Its first content.
        content: Content,
    },
    /// Changes a secret, and waits until its readers have handled the change.
    Update {
        /// The secret.
        secret: String,
        /// Its new name.
        new_name: Option<String>,
        /// Its new purpose.
        info: Option<String>,
        /// Its new content; empty: no new revision.
        content: Content,
    },
    /// Lets applications read a secret.
    Grant {
        /// The secret.
        secret: String,
        /// The applications.
        apps: Vec<String>,
    },
    /// Takes that back.
    Revoke {
        /// The secret.
        secret: String,
        /// The applications.
        apps: Vec<String>,
    },
    /// Removes a secret.
    Remove {
        /// The secret.
        secret: String,
    },
    /// One secret, or all of them.
    Show {
        /// The secret.
        secret: Option<String>,
    },
}

/// A secret, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretView {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<String>,
    /// Number of its newest revision.
    pub revision: u64,
    /// The newest content.
    pub content: Content,
    /// Applications that may read it.
    pub readers: Vec<String>,
}
