//! Why this process runs: every hook and action of Juju 3.6 as a value with its data.
//!
//! [`Event::read`] is the one place that knows which variable belongs to which hook. A hook of a newer Juju becomes
//! [`Event::Unknown`] and must end well.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::context::{ContextError, Vars, required, value};
use crate::name::{RelationId, UnitName};
use crate::secret::SecretId;

/// What happened. Charms that reconcile everything on any event need no more than one or two questions of it.
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

/// Something about a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationEvent {
    /// What about it.
    pub kind: RelationKind,
    /// Our endpoint.
    pub endpoint: String,
    /// Which relation of that endpoint.
    pub id: RelationId,
    /// The application at the other side.
    pub app: Option<String>,
    /// The unit at the other side. None if it is about the application: created, broken, application data changed.
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

/// Something about a workload container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadEvent {
    /// The container.
    pub container: String,
    /// What about it.
    pub kind: WorkloadKind,
}

/// What Pebble told Juju.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadKind {
    /// Pebble has started and answers.
    PebbleReady,
    /// Somebody in the container gave a notice.
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

/// Something about a storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageEvent {
    /// What about it.
    pub kind: StorageKind,
    /// The storage's name in the metadata.
    pub name: String,
    /// The instance, such as `data/0`.
    pub id: String,
    /// Where it is mounted, if Juju told.
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

/// Something about a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretEvent {
    /// What about it.
    pub kind: SecretKind,
    /// Which secret.
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
    /// To the owner: nobody uses a revision any more.
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

/// [`Event`] without its data: what an observer names when it asks for a kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the hooks' own names")]
pub enum EventKind {
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
    RelationCreated,
    RelationJoined,
    RelationChanged,
    RelationDeparted,
    RelationBroken,
    PebbleReady,
    PebbleCustomNotice,
    PebbleCheckFailed,
    PebbleCheckRecovered,
    StorageAttached,
    StorageDetaching,
    SecretChanged,
    SecretRotate,
    SecretExpired,
    SecretRemove,
    Action,
    Unknown,
}

impl Event {
    /// Reads the event out of the environment: an action if Juju names one, else the hook the dispatch path names.
    ///
    /// # Errors
    /// A variable that belongs to this hook is missing or can't be read.
    pub fn read(vars: &dyn Vars) -> Result<Self, ContextError> {
        if let Some(name) = value(vars, "JUJU_ACTION_NAME") {
            let id = value(vars, "JUJU_ACTION_UUID").unwrap_or_default();
            return Ok(Self::Action(ActionEvent { name, id }));
        }
        let path = value(vars, "JUJU_DISPATCH_PATH");
        let base = path.as_deref().and_then(|path| path.rsplit('/').next()).map(str::to_owned);
        let hook = base.filter(|name| !name.is_empty()).or_else(|| value(vars, "JUJU_HOOK_NAME"));
        let hook = hook.ok_or(ContextError::Missing { variable: "JUJU_DISPATCH_PATH" })?;
        match plain(&hook) {
            Some(event) => Ok(event),
            None => with_data(&hook, vars),
        }
    }

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

    /// What kind of event this is.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Install => EventKind::Install,
            Self::Start => EventKind::Start,
            Self::Stop => EventKind::Stop,
            Self::Remove => EventKind::Remove,
            Self::ConfigChanged => EventKind::ConfigChanged,
            Self::UpdateStatus => EventKind::UpdateStatus,
            Self::UpgradeCharm => EventKind::UpgradeCharm,
            Self::LeaderElected => EventKind::LeaderElected,
            Self::LeaderSettingsChanged => EventKind::LeaderSettingsChanged,
            Self::CollectMetrics => EventKind::CollectMetrics,
            Self::MeterStatusChanged => EventKind::MeterStatusChanged,
            Self::PreSeriesUpgrade => EventKind::PreSeriesUpgrade,
            Self::PostSeriesUpgrade => EventKind::PostSeriesUpgrade,
            Self::Relation(event) => event.kind.event(),
            Self::Workload(event) => event.kind.event(),
            Self::Storage(StorageEvent { kind: StorageKind::Attached, .. }) => EventKind::StorageAttached,
            Self::Storage(StorageEvent { kind: StorageKind::Detaching, .. }) => EventKind::StorageDetaching,
            Self::Secret(event) => event.kind.event(),
            Self::Action(_) => EventKind::Action,
            Self::Unknown(_) => EventKind::Unknown,
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

impl RelationKind {
    const fn event(self) -> EventKind {
        match self {
            Self::Created => EventKind::RelationCreated,
            Self::Joined => EventKind::RelationJoined,
            Self::Changed => EventKind::RelationChanged,
            Self::Departed => EventKind::RelationDeparted,
            Self::Broken => EventKind::RelationBroken,
        }
    }
}

impl WorkloadKind {
    const fn event(&self) -> EventKind {
        match self {
            Self::PebbleReady => EventKind::PebbleReady,
            Self::CustomNotice { .. } => EventKind::PebbleCustomNotice,
            Self::CheckFailed { .. } => EventKind::PebbleCheckFailed,
            Self::CheckRecovered { .. } => EventKind::PebbleCheckRecovered,
        }
    }
}

impl SecretKind {
    const fn event(self) -> EventKind {
        match self {
            Self::Changed => EventKind::SecretChanged,
            Self::Rotate => EventKind::SecretRotate,
            Self::Expired => EventKind::SecretExpired,
            Self::Remove => EventKind::SecretRemove,
        }
    }
}

impl EventKind {
    /// Juju's word: the whole name of a hook without a subject, what follows the subject's name in the others.
    const fn word(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::ConfigChanged => "config-changed",
            Self::UpdateStatus => "update-status",
            Self::UpgradeCharm => "upgrade-charm",
            Self::LeaderElected => "leader-elected",
            Self::LeaderSettingsChanged => "leader-settings-changed",
            Self::CollectMetrics => "collect-metrics",
            Self::MeterStatusChanged => "meter-status-changed",
            Self::PreSeriesUpgrade => "pre-series-upgrade",
            Self::PostSeriesUpgrade => "post-series-upgrade",
            Self::RelationCreated => "relation-created",
            Self::RelationJoined => "relation-joined",
            Self::RelationChanged => "relation-changed",
            Self::RelationDeparted => "relation-departed",
            Self::RelationBroken => "relation-broken",
            Self::PebbleReady => "pebble-ready",
            Self::PebbleCustomNotice => "pebble-custom-notice",
            Self::PebbleCheckFailed => "pebble-check-failed",
            Self::PebbleCheckRecovered => "pebble-check-recovered",
            Self::StorageAttached => "storage-attached",
            Self::StorageDetaching => "storage-detaching",
            Self::SecretChanged => "secret-changed",
            Self::SecretRotate => "secret-rotate",
            Self::SecretExpired => "secret-expired",
            Self::SecretRemove => "secret-remove",
            Self::Action => "action",
            Self::Unknown => "unknown",
        }
    }
}

/// The hooks whose name says everything.
fn plain(hook: &str) -> Option<Event> {
    Some(match hook {
        "install" => Event::Install,
        "start" => Event::Start,
        "stop" => Event::Stop,
        "remove" => Event::Remove,
        "config-changed" => Event::ConfigChanged,
        "update-status" => Event::UpdateStatus,
        "upgrade-charm" => Event::UpgradeCharm,
        "leader-elected" => Event::LeaderElected,
        "leader-settings-changed" => Event::LeaderSettingsChanged,
        "collect-metrics" => Event::CollectMetrics,
        "meter-status-changed" => Event::MeterStatusChanged,
        "pre-series-upgrade" => Event::PreSeriesUpgrade,
        "post-series-upgrade" => Event::PostSeriesUpgrade,
        _ => return None,
    })
}

/// The hooks that come with variables of their own.
fn with_data(hook: &str, vars: &dyn Vars) -> Result<Event, ContextError> {
    let relation = |kind| relation(kind, vars).map(Event::Relation);
    let storage = |kind| storage(kind, vars).map(Event::Storage);
    let secret = |kind| secret(kind, vars).map(Event::Secret);
    let ending = |word: &str| hook.strip_suffix(word).is_some_and(|subject| subject.ends_with('-'));
    match hook {
        "secret-changed" => secret(SecretKind::Changed),
        "secret-rotate" => secret(SecretKind::Rotate),
        "secret-expired" => secret(SecretKind::Expired),
        "secret-remove" => secret(SecretKind::Remove),
        _ if ending("relation-created") => relation(RelationKind::Created),
        _ if ending("relation-joined") => relation(RelationKind::Joined),
        _ if ending("relation-changed") => relation(RelationKind::Changed),
        _ if ending("relation-departed") => relation(RelationKind::Departed),
        _ if ending("relation-broken") => relation(RelationKind::Broken),
        _ if ending("storage-attached") => storage(StorageKind::Attached),
        _ if ending("storage-detaching") => storage(StorageKind::Detaching),
        _ => workload(hook, vars),
    }
}

fn relation(kind: RelationKind, vars: &dyn Vars) -> Result<RelationEvent, ContextError> {
    let unit = |variable: &'static str| {
        let name = value(vars, variable);
        name.map(|name| name.parse::<UnitName>()).transpose().map_err(|e| ContextError::invalid(variable, e))
    };
    let id = required(vars, "JUJU_RELATION_ID")?;
    let unit_name = unit("JUJU_REMOTE_UNIT")?;
    let app = value(vars, "JUJU_REMOTE_APP").or_else(|| unit_name.as_ref().map(|unit| unit.app().to_owned()));
    Ok(RelationEvent {
        kind,
        endpoint: required(vars, "JUJU_RELATION")?,
        id: id.parse().map_err(|e| ContextError::invalid("JUJU_RELATION_ID", e))?,
        app,
        unit: unit_name,
        departing: unit("JUJU_DEPARTING_UNIT")?,
    })
}

fn storage(kind: StorageKind, vars: &dyn Vars) -> Result<StorageEvent, ContextError> {
    let id = required(vars, "JUJU_STORAGE_ID")?;
    let name = id.split('/').next().unwrap_or(&id).to_owned();
    Ok(StorageEvent { kind, name, id, location: value(vars, "JUJU_STORAGE_LOCATION").map(PathBuf::from) })
}

fn secret(kind: SecretKind, vars: &dyn Vars) -> Result<SecretEvent, ContextError> {
    let id = required(vars, "JUJU_SECRET_ID")?;
    let revision = value(vars, "JUJU_SECRET_REVISION").map(|text| text.parse::<u64>()).transpose();
    Ok(SecretEvent {
        kind,
        id: id.parse().map_err(|e| ContextError::invalid("JUJU_SECRET_ID", e))?,
        label: value(vars, "JUJU_SECRET_LABEL"),
        revision: revision.map_err(|e| ContextError::invalid("JUJU_SECRET_REVISION", e))?,
    })
}

fn workload(hook: &str, vars: &dyn Vars) -> Result<Event, ContextError> {
    let container = required(vars, "JUJU_WORKLOAD_NAME");
    let check = || required(vars, "JUJU_PEBBLE_CHECK_NAME");
    let kind = if hook.ends_with("-pebble-ready") {
        WorkloadKind::PebbleReady
    } else if hook.ends_with("-pebble-custom-notice") {
        WorkloadKind::CustomNotice {
            id: required(vars, "JUJU_NOTICE_ID")?,
            kind: required(vars, "JUJU_NOTICE_TYPE")?,
            key: required(vars, "JUJU_NOTICE_KEY")?,
        }
    } else if hook.ends_with("-pebble-check-failed") {
        WorkloadKind::CheckFailed { check: check()? }
    } else if hook.ends_with("-pebble-check-recovered") {
        WorkloadKind::CheckRecovered { check: check()? }
    } else {
        return Ok(Event::Unknown(hook.to_owned()));
    };
    Ok(Event::Workload(WorkloadEvent { container: container?, kind }))
}

#[cfg(test)]
mod tests;
