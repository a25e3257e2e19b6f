//! Relation interfaces: what both sides put on the wire and what they make of it, without I/O.
//!
//! One file per interface, and in each the same four questions for the requirer: which of a relation is needed
//! (`NEEDS`), which secrets a view refers to (`secrets`), what it says ([`Read`]), and what to write (`request`). The
//! provider's half of the same protocol is beside it. No function spawns a hook tool, draws a random number or knows
//! a charm: the caller reads a [`juju::View`], passes it in, and publishes the [`juju::Changes`] that come out. What the
//! charm turns the result into (environment variables) is the charm's business.
//!
//! Text from the other side is a stranger's: no value may cause a panic, and a reader that can't use one says which
//! key is to blame, never what the value was.

mod address;
pub mod alert_rules;
pub mod backup;
pub mod certificates;
pub mod database;
#[cfg(test)]
mod example;
mod field;
pub mod grafana_dashboard;
pub mod http_proxy;
pub mod ingress;
mod json;
pub mod k8s_backup_target;
pub mod loki_push_api;
pub mod mongodb;
pub mod mysql;
mod needs;
mod notice;
pub mod oauth;
pub mod openfga;
pub mod peer;
pub mod postgresql;
pub mod prometheus_scrape;
#[cfg(test)]
mod published;
pub mod rabbitmq;
mod read;
pub mod redis;
pub mod s3;
pub mod saml;
mod secret;
mod shake;
pub mod smtp;
mod topology;
pub mod tracing;
#[cfg(test)]
mod trial;
pub mod uri;
mod url;
pub mod valkey;
pub mod velero_backup_config;
mod xz;

pub use json::text as json_text;
pub use read::Read;
pub use secret::{SecretRef, Secrets};
pub use topology::Topology;
pub use url::Url;
