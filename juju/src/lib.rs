//! A framework for Juju charms: what Juju tells a hook, typed; what a hook may ask and tell Juju, typed.
//!
//! What lives here: the environment of a hook ([`Context`], [`Event`]), the hook tools behind one trait ([`Backend`]),
//! the handle a charm works with ([`Juju`]), what it publishes in relations ([`Changes`]), and the loop that brings them
//! together ([`main`], [`dispatch`]). Besides, what every charm needs: reasons for a status ([`Hold`]), secrets kept out of
//! it ([`Redactor`]), and a record of done work ([`fingerprint`]).
//! What does not: any particular charm, any relation interface, Pebble. The crate is synchronous and needs no network.
//!
//! A whole charm:
//!
//! ```
//! use juju::event::ConfigChanged;
//! use juju::{Charm, Context, Error, Juju, On, Setup, Status, Whose};
//!
//! struct Hello {
//!     app: String,
//! }
//!
//! impl Charm for Hello {
//!     type Error = Error;
//!
//!     fn new(setup: &Setup<'_>) -> Result<Self, Error> {
//!         Ok(Self { app: setup.context().app().to_owned() })
//!     }
//!
//!     fn observe(on: &mut On<Self>) {
//!         on.event(ConfigChanged, Self::greet);
//!     }
//! }
//!
//! impl Hello {
//!     fn greet(&mut self, _: &ConfigChanged, juju: &Juju<'_>) -> Result<(), Error> {
//!         let whom = juju.config()?.text("whom").unwrap_or("world").to_owned();
//!         juju.set_status(Whose::Unit, &Status::active(format!("{} says hello to {whom}", self.app)))
//!     }
//! }
//!
//! # use juju::Backend;
//! # struct Nothing;
//! # impl Backend for Nothing {
//! #     fn status_set(&self, _whose: Whose, status: &Status) -> Result<(), juju::Error> {
//! #         assert_eq!(status.message, "web says hello to world");
//! #         Ok(())
//! #     }
//! #     fn config_get(&self) -> Result<juju::Config, juju::Error> {
//! #         Ok(juju::Config::default())
//! #     }
//! # }
//! // The program's own main is `juju::main::<Hello>()`; a test dispatches by hand:
//! let vars = std::collections::BTreeMap::from([
//!     ("JUJU_UNIT_NAME".to_owned(), "web/0".to_owned()),
//!     ("JUJU_MODEL_NAME".to_owned(), "test".to_owned()),
//!     ("JUJU_DISPATCH_PATH".to_owned(), "hooks/config-changed".to_owned()),
//! ]);
//! let context = Context::read(&vars)?;
//! juju::dispatch::<Hello>(&context, &Nothing)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backend;
mod chain;
mod changes;
mod charm;
mod config;
mod context;
mod databag;
mod defer;
mod dispatch;
pub mod event;
#[cfg(test)]
mod fake;
mod fingerprint;
mod hold;
mod hook;
mod juju;
pub mod key;
mod log;
mod metadata;
mod name;
mod network;
mod on;
pub mod percent;
mod port;
mod program;
mod redact;
mod relation;
mod secret;
mod status;
mod tool;
mod version;
mod view;

pub use backend::{Backend, Entity, LogLevel, StorageInfo, Whose};
pub use chain::chain;
pub use changes::{Changes, Draft, Offer, Part, Value};
pub use charm::{Charm, Setup};
pub use config::{Config, ConfigOption, ConfigValue, OptionKind};
pub use context::{Context, ContextError, ProcessVars, Proxies, Vars};
pub use databag::{Databag, MAX_DATABAG_BYTES};
pub use defer::QueueError;
pub use dispatch::{DispatchError, dispatch};
pub use fingerprint::fingerprint;
pub use hold::Hold;
pub use hook::{
    ActionEvent, Event, EventKind, RelationEvent, RelationKind, SecretEvent, SecretKind, StorageEvent, StorageKind,
    WorkloadEvent, WorkloadKind,
};
pub use juju::Juju;
pub use log::Log;
pub use metadata::{
    ActionDeclaration, CharmFiles, Container, Endpoint, Metadata, MetadataError, Mount, Resource, ResourceKind, Role,
    Scope, StorageDeclaration,
};
pub use name::{NameError, RelationId, UnitName};
pub use network::{Address, GoalState, GoalStatus, Interface, Network};
pub use on::{Flow, Observation, On};
pub use port::{Port, PortError, Protocol};
pub use program::main;
pub use redact::{Redactor, credentials};
pub use relation::Relation;
pub use secret::{
    NewSecret, ReadMode, Rotate, Secret, SecretContent, SecretId, SecretIdError, SecretInfo, SecretQuery, SecretUpdate,
};
pub use status::{Status, StatusKind};
pub use tool::{Error, HookTools};
pub use version::{Version, VersionError};
pub use view::{Needs, View};
