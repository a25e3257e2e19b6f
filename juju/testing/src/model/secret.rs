//! Secrets: owner, revisions, grants, and the revision that each reader tracks.

use juju::{ReadMode, RelationId, Rotate, SecretContent, SecretId, SecretKind, UnitName};
use std::collections::{BTreeMap, BTreeSet};

/// Owner of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretOwner {
    /// A user, who made it with `juju add-secret`.
    User,
    /// An application: the leader manages the secret, each unit may read it.
    App(String),
    /// One unit.
    Unit(UnitName),
}

/// Read access for the other side of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) relation: RelationId,
    /// The only unit that may read; `None`: all units of the other side.
    pub(crate) unit: Option<UnitName>,
}

/// A unit's reading of a secret: its label and the tracked revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Consumer {
    pub(crate) label: Option<String>,
    /// The revision that plain reads return; 0 before the first read.
    pub(crate) revision: u64,
    /// The newest revision that the unit got secret-changed for.
    pub(crate) told: u64,
}

/// An owner's settings of a secret, without the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) label: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) rotate: Option<Rotate>,
    pub(crate) expire: Option<String>,
}

impl Description {
    /// Replaces the settings that `other` has; keeps the rest.
    pub(crate) fn update(&mut self, other: &Description) {
        let Description { label, description, rotate, expire } = other.clone();
        self.label = label.or(self.label.take());
        self.description = description.or(self.description.take());
        self.rotate = rotate.or(self.rotate.take());
        self.expire = expire.or(self.expire.take());
    }
}

/// A secret.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) id: SecretId,
    pub(crate) owner: SecretOwner,
    pub(crate) about: Description,
    /// Contents by revision number; at least one.
    pub(crate) revisions: BTreeMap<u64, SecretContent>,
    pub(crate) grants: Vec<Grant>,
    /// The applications a user's secret is granted to.
    pub(crate) granted_to: BTreeSet<String>,
    pub(crate) consumers: BTreeMap<UnitName, Consumer>,
    /// True from the end of the rotation period until the owner gets secret-rotate.
    pub(crate) is_rotation_due: bool,
    /// Expired revisions that the owner has not got secret-expired for.
    pub(crate) expired: BTreeSet<u64>,
    /// Revisions that the owner has got secret-remove for.
    pub(crate) told_unused: BTreeSet<u64>,
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
            is_rotation_due: false,
            expired: BTreeSet::new(),
            told_unused: BTreeSet::new(),
        }
    }

    /// The number of the newest revision.
    pub(crate) fn latest(&self) -> u64 {
        self.revisions.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// Adds a revision. The content of the newest revision again adds no revision, as in Juju 3.6.
    pub(crate) fn revise(&mut self, content: SecretContent) {
        let latest = self.latest();
        if self.revisions.get(&latest) != Some(&content) {
            self.revisions.insert(latest + 1, content);
        }
    }

    /// The owner's next event: rotate, expired, or remove for a revision that has no reader left. The newest revision
    /// stays without readers.
    pub(crate) fn next_owner_event(&self) -> Option<(SecretKind, Option<u64>)> {
        if self.is_rotation_due {
            return Some((SecretKind::Rotate, None));
        }
        if let Some(revision) = self.expired.iter().find(|revision| self.revisions.contains_key(revision)) {
            return Some((SecretKind::Expired, Some(*revision)));
        }
        let is_read = |revision: u64| self.consumers.values().any(|consumer| consumer.revision == revision);
        let old = self.revisions.keys().copied().filter(|revision| *revision != self.latest());
        let unused = old.filter(|revision| !is_read(*revision) && !self.told_unused.contains(revision));
        unused.map(|revision| (SecretKind::Remove, Some(revision))).next()
    }

    /// Records that the owner gets an event.
    pub(crate) fn tell_owner(&mut self, kind: SecretKind, revision: Option<u64>) {
        match (kind, revision) {
            (SecretKind::Rotate, _) => self.is_rotation_due = false,
            (SecretKind::Expired, Some(revision)) => {
                self.expired.remove(&revision);
            }
            (SecretKind::Remove, Some(revision)) => {
                self.told_unused.insert(revision);
            }
            _ => {}
        }
    }

    /// True if the unit or its application owns the secret.
    pub(crate) fn is_owned_by(&self, unit: &UnitName) -> bool {
        match &self.owner {
            SecretOwner::User => false,
            SecretOwner::App(app) => app == unit.app(),
            SecretOwner::Unit(owner) => owner == unit,
        }
    }

    /// True if the unit may change the secret: its own, or as the leader its application's.
    pub(crate) fn is_managed_by(&self, unit: &UnitName, is_leader: bool) -> bool {
        self.is_owned_by(unit) && (is_leader || matches!(self.owner, SecretOwner::Unit(_)))
    }

    /// The revision that a unit's read in this mode returns.
    pub(crate) fn revision_for(&self, unit: &UnitName, mode: ReadMode) -> u64 {
        let tracked = self.consumers.get(unit).map(|consumer| consumer.revision).filter(|revision| *revision > 0);
        match (mode, tracked) {
            (ReadMode::Tracked, Some(revision)) => revision,
            _ => self.latest(),
        }
    }
}
