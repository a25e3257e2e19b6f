//! Secrets: an owner, revisions, and who may read which of them.

use juju::{ReadMode, RelationId, Rotate, SecretContent, SecretId, UnitName};
use std::collections::{BTreeMap, BTreeSet};

/// Who a secret belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretOwner {
    /// Made by a person with `juju add-secret`.
    User,
    /// The application: its leader manages it, each of its units reads it.
    App(String),
    /// One unit.
    Unit(UnitName),
}

/// Read access for the other side of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) relation: RelationId,
    /// Only this unit of it.
    pub(crate) unit: Option<UnitName>,
}

/// What one unit knows of a secret it has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Consumer {
    pub(crate) label: Option<String>,
    /// The revision plain reads return.
    pub(crate) revision: u64,
    /// The newest revision a secret-changed was sent for.
    pub(crate) told: u64,
}

/// Everything but the content that an owner can say about a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) label: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) rotate: Option<Rotate>,
    pub(crate) expire: Option<String>,
}

impl Description {
    /// Takes over what the other one says, and keeps the rest.
    pub(crate) fn update(&mut self, other: &Description) {
        let Description { label, description, rotate, expire } = other.clone();
        self.label = label.or(self.label.take());
        self.description = description.or(self.description.take());
        self.rotate = rotate.or(self.rotate.take());
        self.expire = expire.or(self.expire.take());
    }
}

/// One secret.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) id: SecretId,
    pub(crate) owner: SecretOwner,
    pub(crate) about: Description,
    /// By number; never empty.
    pub(crate) revisions: BTreeMap<u64, SecretContent>,
    pub(crate) grants: Vec<Grant>,
    /// The applications a user's secret is granted to.
    pub(crate) granted_to: BTreeSet<String>,
    pub(crate) consumers: BTreeMap<UnitName, Consumer>,
}

impl Secret {
    pub(crate) fn new(id: SecretId, owner: SecretOwner, about: Description, content: SecretContent) -> Secret {
        Secret {
            id,
            owner,
            about,
            revisions: BTreeMap::from([(1, content)]),
            grants: Vec::new(),
            granted_to: BTreeSet::new(),
            consumers: BTreeMap::new(),
        }
    }

    /// The number of the newest revision.
    pub(crate) fn latest(&self) -> u64 {
        self.revisions.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// Adds a revision, unless the content is that of the newest one: then nothing happens, as in Juju 3.6.
    pub(crate) fn revise(&mut self, content: SecretContent) {
        let latest = self.latest();
        if self.revisions.get(&latest) != Some(&content) {
            self.revisions.insert(latest + 1, content);
        }
    }

    /// Does it belong to the unit or its application?
    pub(crate) fn is_owned_by(&self, unit: &UnitName) -> bool {
        match &self.owner {
            SecretOwner::User => false,
            SecretOwner::App(app) => app == unit.app(),
            SecretOwner::Unit(owner) => owner == unit,
        }
    }

    /// May the unit change it? An application's secret belongs to its leader.
    pub(crate) fn is_managed_by(&self, unit: &UnitName, is_leader: bool) -> bool {
        self.is_owned_by(unit) && (is_leader || matches!(self.owner, SecretOwner::Unit(_)))
    }

    /// The revision a unit gets, and whether its tracking moves.
    pub(crate) fn revision_for(&self, unit: &UnitName, mode: ReadMode) -> u64 {
        let tracked = self.consumers.get(unit).map(|consumer| consumer.revision).filter(|revision| *revision > 0);
        match (mode, tracked) {
            (ReadMode::Tracked, Some(revision)) => revision,
            _ => self.latest(),
        }
    }
}
