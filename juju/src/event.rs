//! Events as handlers receive them: one type for each, with its data.
//!
//! A charm names an event by a [`Key`](crate::key::Key). A hook without a subject is its own key ([`Start`]); events about an
//! endpoint, container, storage or action come from the keys of the charm's metadata (`meta::DB.changed()`); the function
//! `every` of a type stands for that event of every subject ([`SecretChanged::every`]).
//!
//! Events of the charm's life are in `event/life.rs`, of relations in `event/relation.rs`, of containers in
//! `event/workload.rs`, of storages in `event/storage.rs`, of secrets in `event/secret.rs`, actions in `event/action.rs`,
//! those that the framework or a library makes in `event/status.rs` and `event/emitted.rs`.

mod action;
mod emitted;
mod life;
mod relation;
mod secret;
mod status;
mod storage;
mod workload;

pub use action::Action;
pub use emitted::{Emitted, emitted};
pub use life::{
    CollectMetrics, ConfigChanged, Install, LeaderElected, LeaderSettingsChanged, MeterStatusChanged,
    PostSeriesUpgrade, PreSeriesUpgrade, Remove, Start, Stop, UpdateStatus, UpgradeCharm,
};
pub use relation::{RelationBroken, RelationChanged, RelationCreated, RelationDeparted, RelationJoined};
pub use secret::{SecretChanged, SecretExpired, SecretRemove, SecretRotate};
pub use status::{Collect, CollectAppStatus, CollectUnitStatus};
pub use storage::{StorageAttached, StorageDetaching};
pub use workload::{PebbleCheckFailed, PebbleCheckRecovered, PebbleCustomNotice, PebbleReady};

#[cfg(test)]
mod tests;
