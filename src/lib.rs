//! The web-app charm: a 12-factor application (Flask, Django, FastAPI, …) as a Juju charm on Kubernetes.
//!
//! Juju starts the binary once for each event. The event passes these stages in order:
//!
//! ```text
//! environment ─ Context ─ Event ─ observe ─ Seen ─ decide ─ Steps ─ perform ─ Done ─ conclude ─ Report ─ publish
//!               juju      juju    reads only        pure            Pebble only       pure               Juju only
//! ```
//!
//! [`pipeline`] is this line as code; each stage is the module of its name. Two kinds of value configure the stages: a
//! [`framework`], and the interfaces in [`relation`].

pub mod action_result;
pub mod assets;
pub mod charm;
pub mod charm_spec;
pub mod conclude;
pub mod decide;
pub mod environment;
pub mod extension;
pub mod facts;
pub mod framework;
pub mod listening;
pub mod memory;
pub mod migration;
pub mod observe;
pub mod options;
pub mod paas_config;
pub mod pebble_hold;
pub mod perform;
pub mod pipeline;
pub mod publish;
pub mod random;
pub mod relation;
pub mod restarts;
pub mod seen;
pub mod services;
pub mod steps;
pub mod telemetry;
pub mod url;
pub mod variables;
pub mod version;
pub mod web_server;
pub mod work;

pub use charm::WebApp;
pub use charm_spec::CharmSpec;
pub use framework::Framework;
