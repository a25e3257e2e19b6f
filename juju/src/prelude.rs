//! Names that nearly every charm uses: `use webcharm_juju::prelude::*`.

pub use crate::charm::{Charm, Setup};
pub use crate::databag::Databag;
pub use crate::event;
pub use crate::event::{
    Action, CollectAppStatus, CollectUnitStatus, ConfigChanged, Install, LeaderElected, PebbleCheckFailed,
    PebbleCheckRecovered, PebbleCustomNotice, PebbleReady, RelationBroken, RelationChanged, RelationCreated,
    RelationDeparted, RelationJoined, Remove, SecretChanged, SecretExpired, SecretRemove, SecretRotate, Start, Stop,
    StorageAttached, StorageDetaching, UpdateStatus, UpgradeCharm,
};
pub use crate::juju::Juju;
pub use crate::key::{Endpoint as _, Peer, Provides, Requires};
pub use crate::name::{RelationId, UnitName};
pub use crate::on::{Flow, On};
pub use crate::owner::Whose;
pub use crate::relation::Relation;
pub use crate::secret::{NewSecret, Secret, SecretContent, SecretId, SecretQuery, SecretUpdate};
pub use crate::status::Status;
pub use crate::stored::Stored;
pub use crate::tool::{Error, Result};
