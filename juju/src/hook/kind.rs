//! Events without their data, and Juju's names for them.

use super::{Event, RelationKind, SecretKind, StorageEvent, StorageKind, WorkloadKind};
use crate::declarations::Thing;

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
    /// The event's kind.
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
    /// The kind of thing that its events are about.
    pub(crate) const fn thing(self) -> Option<Thing> {
        match self {
            Self::RelationCreated
            | Self::RelationJoined
            | Self::RelationChanged
            | Self::RelationDeparted
            | Self::RelationBroken => Some(Thing::Endpoint),
            Self::PebbleReady | Self::PebbleCustomNotice | Self::PebbleCheckFailed | Self::PebbleCheckRecovered => {
                Some(Thing::Container)
            }
            Self::StorageAttached | Self::StorageDetaching => Some(Thing::Storage),
            Self::Action => Some(Thing::Action),
            _ => None,
        }
    }

    /// Juju's word: the whole name of a hook without a subject, what follows the subject's name in the others.
    pub(crate) const fn word(self) -> &'static str {
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
