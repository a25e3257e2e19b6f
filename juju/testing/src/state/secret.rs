//! Secrets as part of a state, and their events.

use juju::{Event, RelationId, Rotate, SecretContent, SecretEvent, SecretId, SecretKind};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Owner of a secret, as a unit sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateOwner {
    /// Another owner; the secret is granted to this application.
    #[default]
    Other,
    /// Another owner; the secret is not granted.
    Withheld,
    /// This application.
    App,
    /// This unit.
    Unit,
}

/// A secret, as this unit sees it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSecret {
    /// Id of the secret.
    pub id: SecretId,
    /// Owner of the secret.
    #[serde(default)]
    pub owner: StateOwner,
    /// The content that plain reads return; `None` if this unit has not read the secret yet.
    #[serde(default)]
    pub tracked_content: Option<SecretContent>,
    /// Content of the newest revision.
    pub latest_content: SecretContent,
    /// Label: the owner's if this unit or its application owns the secret, else the one this unit gave it.
    #[serde(default)]
    pub label: Option<String>,
    /// Description by the owner.
    #[serde(default)]
    pub description: Option<String>,
    /// Time of expiry, as the owner wrote it.
    #[serde(default)]
    pub expire: Option<String>,
    /// Rotation policy.
    #[serde(default)]
    pub rotate: Option<Rotate>,
    /// The relations that a secret of ours is granted to.
    #[serde(default)]
    pub grants: BTreeSet<RelationId>,
}

impl StateSecret {
    fn event(&self, kind: SecretKind, revision: Option<u64>) -> Event {
        Event::Secret(SecretEvent { kind, id: self.id.clone(), label: self.label.clone(), revision })
    }

    /// secret-changed, for a secret of another owner.
    pub fn changed(&self) -> Event {
        self.event(SecretKind::Changed, None)
    }

    /// secret-rotate, for a secret of the unit.
    pub fn rotate(&self) -> Event {
        self.event(SecretKind::Rotate, None)
    }

    /// secret-expired of a revision, for a secret of the unit.
    pub fn expired(&self, revision: u64) -> Event {
        self.event(SecretKind::Expired, Some(revision))
    }

    /// secret-remove of a revision, for a secret of the unit.
    pub fn remove(&self, revision: u64) -> Event {
        self.event(SecretKind::Remove, Some(revision))
    }

    /// A secret of another owner, granted and not yet read.
    ///
    /// # Panics
    /// Panics if `id` is not the id of a secret.
    pub fn new<'a>(id: &str, content: impl IntoIterator<Item = (&'a str, &'a str)>) -> StateSecret {
        let content = content.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
        StateSecret {
            id: id.parse().expect("a secret's id has twenty letters and digits"),
            owner: StateOwner::Other,
            tracked_content: None,
            latest_content: content.collect(),
            label: None,
            description: None,
            expire: None,
            rotate: None,
            grants: BTreeSet::new(),
        }
    }
}
