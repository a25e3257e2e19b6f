//! A framework for Juju charms: what Juju tells a hook, typed; what a hook may ask and tell Juju, typed.
//!
//! What lives here: the environment of a hook ([`Context`], [`Event`]), the hook tools behind one trait ([`Backend`]),
//! the handle a charm works with ([`Juju`]), what it publishes in relations ([`Changes`]), and the loop that brings them
//! together ([`main()`], [`dispatch`]). Besides, what every charm needs: reasons for a status ([`Hold`]), secrets kept out of
//! it ([`Redactor`]), and a record of done work ([`fingerprint`]).
//! What does not: any particular charm, any relation interface. The crate is synchronous and needs no network; of Pebble it has
//! the client of a container, if the feature `pebble` asks for it.
//!
//! The package is `webcharm-juju`, and so are the paths on these pages. A charm may give it a shorter name in its `Cargo.toml`:
//! `juju = { package = "webcharm-juju", … }`.
//!
//! A whole charm:
//!
//! ```
//! use webcharm_juju::event::ConfigChanged;
//! use webcharm_juju::{Charm, Context, Error, Juju, On, Setup, Status, Whose};
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
//!         let whom = juju.options()?.text("whom").unwrap_or("world").to_owned();
//!         juju.set_status(Whose::Unit, &Status::active(format!("{} says hello to {whom}", self.app)))
//!     }
//! }
//!
//! # use webcharm_juju::Backend;
//! # struct Nothing;
//! # impl Backend for Nothing {
//! #     fn status_set(&self, _whose: Whose, status: &Status) -> Result<(), webcharm_juju::Error> {
//! #         assert_eq!(status.message, "web says hello to world");
//! #         Ok(())
//! #     }
//! #     fn config_get(&self) -> Result<webcharm_juju::Config, webcharm_juju::Error> {
//! #         Ok(webcharm_juju::Config::default())
//! #     }
//! # }
//! // The program's own main is `webcharm_juju::main::<Hello>()`; a test dispatches by hand:
//! let vars = std::collections::BTreeMap::from([
//!     ("JUJU_UNIT_NAME".to_owned(), "web/0".to_owned()),
//!     ("JUJU_MODEL_NAME".to_owned(), "test".to_owned()),
//!     ("JUJU_DISPATCH_PATH".to_owned(), "hooks/config-changed".to_owned()),
//! ]);
//! let context = Context::read(&vars)?;
//! webcharm_juju::dispatch::<Hello>(&context, &Nothing)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[doc(hidden)]
pub mod __private;
mod backend;
mod chain;
mod changes;
mod charm;
mod cloud;
mod config;
#[cfg(feature = "pebble")]
mod container;
mod context;
mod databag;
mod declarations;
mod defer;
mod dispatch;
mod distance;
pub mod event;
#[cfg(test)]
mod fake;
mod fingerprint;
mod hold;
mod hook;
mod juju;
pub mod key;
mod log;
mod name;
mod network;
mod on;
mod owner;
pub mod percent;
mod port;
pub mod prelude;
mod program;
mod redact;
mod relation;
mod secret;
mod settings;
mod status;
mod storage;
mod stored;
mod tool;
mod unrelated;
mod version;
mod view;

pub use backend::Backend;
pub use chain::chain;
pub use changes::{Changes, Draft, Offer, Part, Value};
pub use charm::{Charm, Setup};
pub use cloud::{CloudCredential, CloudSpec};
pub use config::Config;
pub use context::{Context, ContextError, ProcessVars, Proxies, Vars};
pub use databag::{Databag, MAX_DATABAG_BYTES};
pub use declarations::Declarations;
pub use defer::{Deferred, QueueError};
pub use dispatch::{Dispatch, DispatchError, Occurred, dispatch};
pub use distance::nearest;
pub use fingerprint::fingerprint;
pub use hold::Hold;
pub use hook::{
    ActionEvent, Event, EventKind, RelationEvent, RelationKind, SecretEvent, SecretKind, StorageEvent, StorageKind,
    WorkloadEvent, WorkloadKind,
};
pub use juju::Juju;
pub use juju_metadata::{
    ActionDeclaration, CharmFiles, ConfigOption, ConfigValue, Container, Endpoint, Metadata, MetadataError, Mount,
    OptionKind, Resource, ResourceKind, Role, Scope, StorageDeclaration,
};
pub use log::{Log, LogLevel};
pub use name::{NameError, RelationId, UnitName};
pub use network::{Address, GoalState, GoalStatus, Interface, Network};
pub use on::{Flow, Observation, On};
pub use owner::{Entity, Whose};
pub use port::{Port, PortError, Protocol};
pub use program::main;
pub use redact::{Redactor, credentials};
pub use relation::Relation;
pub use secret::{
    NewSecret, ReadMode, Rotate, Secret, SecretContent, SecretId, SecretIdError, SecretInfo, SecretQuery, SecretUpdate,
};
pub use settings::SettingError;
pub use status::{Status, StatusKind};
pub use storage::StorageInfo;
pub use stored::{Stored, stored_key};
pub use tool::{Error, HookTools, Result};
pub use version::{Version, VersionError};
pub use view::{Needs, View};

/// Makes the program's `main` of a charm: [`main()`] in one line.
///
/// ```no_run
/// # use webcharm_juju::prelude::*;
/// # struct Hello;
/// # impl Charm for Hello {
/// #     type Error = Error;
/// #     fn new(_: &Setup<'_>) -> Result<Self> { Ok(Self) }
/// #     fn observe(_: &mut On<Self>) {}
/// # }
/// webcharm_juju::main!(Hello);
/// ```
#[macro_export]
macro_rules! main {
    ($charm:ty) => {
        fn main() -> ::std::process::ExitCode {
            $crate::main::<$charm>()
        }
    };
}

/// Makes the module `meta` out of the charm's files while the charm is built: a constant for each endpoint, container, storage,
/// resource, extra binding and action, and the struct `Config` of the options.
///
/// Name `charmcraft.yaml`, or `metadata.yaml` and those of `config.yaml` and `actions.yaml` that the charm has, relative to the
/// folder of the crate. A file that Juju would refuse is an error of the compiler that names the file and the key. The crate is
/// built again when a file changes. Extensions in `charmcraft.yaml` are not expanded.
///
/// `webcharm_juju::metadata!("charmcraft.yaml")` makes, for example:
///
/// | in the file | in the module |
/// |---|---|
/// | `requires: {my-db: …}` | `MY_DB`, a [`key::Requires`] (`provides`: [`key::Provides`], `peers`: [`key::Peer`]) |
/// | `containers: {app: {}}` | `APP`, a [`key::Container`] |
/// | `storage: {data: …}` · `resources: {image: …}` · `extra-bindings: {admin: }` | `DATA` · `IMAGE` · `ADMIN`: a [`key::Storage`] · [`key::Resource`] · [`key::Binding`] |
/// | `actions: {back-up: {params: …}}` | `BACK_UP`, a [`key::Action`], and its parameters `BackUpParams` |
/// | `config: {options: {log-level: {type: string, default: info}}}` | `Config { log_level: String, … }`, read by [`Juju::config`]; `Option` where there is no default |
/// | `name: shop`, the file itself | `NAME`, `CHARMCRAFT_YAML`: texts |
///
/// Two things of one name, such as an endpoint and a container `app`, come in the order of this table, and the later one has
/// its kind added: `APP_CONTAINER`, `APP_STORAGE`, `APP_RESOURCE`, `APP_BINDING`, `APP_ACTION`.
///
/// A name that is not in the files does not compile:
///
/// ```compile_fail,E0425
/// webcharm_juju::metadata!("tests/metadata.yaml", "tests/config.yaml", "tests/actions.yaml");
/// let _ = meta::DBB.changed();
/// ```
///
/// ```
/// webcharm_juju::metadata!("tests/metadata.yaml", "tests/config.yaml", "tests/actions.yaml");
/// let _ = meta::DB.changed();
/// ```
#[macro_export]
macro_rules! metadata {
    ($($file:literal),+ $(,)?) => {
        $crate::__private::metadata! { $crate $($file),+ }
    };
}
