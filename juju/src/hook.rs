//! Events: every hook and action of Juju 3.6 as a value with its data.
//!
//! `event/read.rs` maps variables to hooks; the names of the hooks are in `event/kind.rs`. A hook of
//! a newer Juju becomes [`Event::Unknown`] and must end well.

mod kind;
mod read;

use std::path::PathBuf;

pub use kind::EventKind;
use serde::{Deserialize, Serialize};

use crate::name::{RelationId, UnitName};
use crate::secret::SecretId;

/// A hook or action with its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the hooks' own names say it; those with data are documented at the data")]
pub enum Event {
    Install,
    Start,
    Stop,
    Remove,
    ConfigChanged,
    UpdateStatus,
    UpgradeCharm,
    LeaderElected,
    LeaderSettingsChanged,
    CollectMetrics,
    MeterStatusChanged,
    PreSeriesUpgrade,
    PostSeriesUpgrade,
    Relation(RelationEvent),
    Workload(WorkloadEvent),
    Storage(StorageEvent),
    Secret(SecretEvent),
    Action(ActionEvent),
    /// A hook this version doesn't know, by its name.
    Unknown(String),
}

/// A relation hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationEvent {
    /// The kind of event.
    pub kind: RelationKind,
    /// Our endpoint.
    pub endpoint: String,
    /// The relation's id.
    pub id: RelationId,
    /// The remote application.
    pub app: Option<String>,
    /// The remote unit. `None` if the event is about the application: created, broken, application data changed.
    pub unit: Option<UnitName>,
    /// The unit that leaves; may be this one.
    pub departing: Option<UnitName>,
}

/// The five things that happen to a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "Juju's own words")]
pub enum RelationKind {
    Created,
    Joined,
    Changed,
    Departed,
    Broken,
}

/// A hook about a workload container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadEvent {
    /// The container.
    pub container: String,
    /// The kind of event.
    pub kind: WorkloadKind,
}

/// The Pebble event that Juju reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadKind {
    /// Pebble has started and answers.
    PebbleReady,
    /// A client of Pebble in the container recorded a custom notice.
    CustomNotice {
        /// The notice's id.
        id: String,
        /// Its type: `custom`.
        kind: String,
        /// Its key, such as `example.com/done`.
        key: String,
    },
    /// A check went over its threshold of failures.
    CheckFailed {
        /// The check's name.
        check: String,
    },
    /// A failed check succeeded again.
    CheckRecovered {
        /// The check's name.
        check: String,
    },
}

/// A storage hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageEvent {
    /// The kind of event.
    pub kind: StorageKind,
    /// The storage's name in the metadata.
    pub name: String,
    /// The instance, such as `data/0`.
    pub id: String,
    /// The mount point; `None` if Juju did not set it.
    pub location: Option<PathBuf>,
}

/// The two things that happen to a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "Juju's own words")]
pub enum StorageKind {
    Attached,
    Detaching,
}

/// A secret hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretEvent {
    /// The kind of event.
    pub kind: SecretKind,
    /// The secret.
    pub id: SecretId,
    /// The label this unit or its application gave it.
    pub label: Option<String>,
    /// The revision that expired or is no longer used.
    pub revision: Option<u64>,
}

/// The four things that happen to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// To a reader: there is a newer revision.
    Changed,
    /// To the owner: time for a new revision.
    Rotate,
    /// To the owner: a revision has expired.
    Expired,
    /// To the owner: a revision has no readers left.
    Remove,
}

/// An operator's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionEvent {
    /// The action's name.
    pub name: String,
    /// Juju's number for this run.
    pub id: String,
}

impl Event {
    /// Juju's name of the hook or action: `config-changed`, `db-relation-joined`, `data-storage-attached`.
    #[must_use]
    pub fn name(&self) -> String {
        let word = self.kind().word();
        match self {
            Self::Relation(_) | Self::Workload(_) | Self::Storage(_) => {
                format!("{}-{word}", self.subject().unwrap_or_default())
            }
            Self::Action(action) => action.name.clone(),
            Self::Unknown(name) => name.clone(),
            _ => word.to_owned(),
        }
    }

    /// The endpoint, container, storage or action it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Relation(event) => Some(&event.endpoint),
            Self::Workload(event) => Some(&event.container),
            Self::Storage(event) => Some(&event.name),
            Self::Action(event) => Some(&event.name),
            _ => None,
        }
    }

    /// The relation that ends with this event. Code that reconciles must take it as already gone.
    #[must_use]
    pub const fn broken(&self) -> Option<RelationId> {
        match self {
            Self::Relation(RelationEvent { kind: RelationKind::Broken, id, .. }) => Some(*id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
