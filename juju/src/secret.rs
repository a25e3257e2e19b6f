//! Juju's secrets: their contents as a type that can't be printed, and what is asked of the secret tools. Their
//! addresses are in `secret/id.rs`.

mod id;

use std::collections::BTreeMap;
use std::fmt;

pub use id::{SecretId, SecretIdError};
use serde::{Deserialize, Serialize};

use crate::owner::Whose;

/// A secret value that can't be shown by accident: no `Display`, a `Debug` of `***`, no serialisation.
///
/// ```
/// use webcharm_juju::Secret;
/// let secret = Secret::from("hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value. Where this is called is where the value may leak: keep such places few.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

/// The content of one revision of a secret. Keys are lower-case letters, digits and dashes, at least three long.
pub type SecretContent = BTreeMap<String, Secret>;

/// The revision that a read returns, and its effect on the revision this unit tracks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadMode {
    /// The revision this unit tracks; the latest at the first read, which begins the tracking.
    #[default]
    Tracked,
    /// The latest revision, tracked from now on.
    Refresh,
    /// The latest revision, without tracking it.
    Peek,
}

/// A read of a secret, by id or label. At least one of them must be set; both together give the secret that label
/// for this unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretQuery {
    /// The secret's address.
    pub id: Option<SecretId>,
    /// The label this unit, or as the owner this application, gave it.
    pub label: Option<String>,
    /// The revision to read.
    pub mode: ReadMode,
}

impl SecretQuery {
    /// The tracked revision of the secret at `id`.
    #[must_use]
    pub const fn id(id: SecretId) -> Self {
        Self { id: Some(id), label: None, mode: ReadMode::Tracked }
    }

    /// The tracked revision of the secret labelled `label`.
    pub fn label(label: impl Into<String>) -> Self {
        Self { id: None, label: Some(label.into()), mode: ReadMode::Tracked }
    }

    /// The same query, reading the latest revision and tracking it from now on.
    #[must_use]
    pub fn refresh(self) -> Self {
        Self { mode: ReadMode::Refresh, ..self }
    }

    /// The same query, reading the latest revision once.
    #[must_use]
    pub fn peek(self) -> Self {
        Self { mode: ReadMode::Peek, ..self }
    }
}

/// The interval at which Juju asks the owner to rotate a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the words say it")]
pub enum Rotate {
    Never,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    Yearly,
}

impl Rotate {
    /// Juju's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
            Self::Yearly => "yearly",
        }
    }
}

/// A secret to be made.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// The first revision's content; must not be empty.
    pub content: SecretContent,
    /// A name the owner finds it by.
    pub label: Option<String>,
    /// The purpose, for people.
    pub description: Option<String>,
    /// The application (only the leader can) or this unit.
    pub owner: Whose,
    /// The rotation policy.
    pub rotate: Option<Rotate>,
    /// The expiry: a duration such as `24h` or a time in RFC 3339.
    pub expire: Option<String>,
}

impl NewSecret {
    /// A secret of the application with this content; every other field is unset.
    #[must_use]
    pub const fn new(content: SecretContent) -> Self {
        Self { content, label: None, description: None, owner: Whose::App, rotate: None, expire: None }
    }
}

/// Changes to a secret: a new revision if `content` is not empty, and the fields that are set.
#[derive(Clone, Debug, Default)]
pub struct SecretUpdate {
    /// The new revision's content; empty adds no revision.
    pub content: SecretContent,
    /// A new label.
    pub label: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// A new rotation policy.
    pub rotate: Option<Rotate>,
    /// A new time of expiry.
    pub expire: Option<String>,
}

/// A secret's metadata, which its owner can see without reading the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretInfo {
    /// The secret.
    pub id: SecretId,
    /// Its latest revision.
    pub revision: u64,
    /// Its label.
    pub label: Option<String>,
    /// The owner.
    pub owner: Whose,
    /// Its description.
    pub description: Option<String>,
    /// Its rotation policy.
    pub rotate: Option<Rotate>,
    /// The time of expiry, as Juju prints it.
    pub expiry: Option<String>,
    /// The time of the next rotation, as Juju prints it.
    pub rotates: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_value() {
        let mut new = NewSecret::new(SecretContent::from([("password".to_owned(), Secret::from("hunter2"))]));
        new.label = Some("db".to_owned());
        let shown = format!("{new:?}");
        assert!(!shown.contains("hunter2") && shown.contains("password"), "{shown}");
    }
}
