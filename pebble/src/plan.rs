//! Pebble's layers and plan.
//!
//! Pure code that supervisor, fake and charm share: parsing of untrusted layers ([`Layer::parse`]), merging into a plan
//! ([`combine`], [`Layers`]), printing as Pebble does ([`Plan::to_yaml`]), start and stop order, replan ([`replan`]),
//! splitting of commands ([`command`]) and the state machine of a service ([`service_state`]). Messages for clients are
//! those of Pebble 1.32.

mod check;
mod combine;
pub mod command;
mod decode;
mod emit;
mod environment;
mod error;
mod layer;
mod log_target;
mod order;
mod quote;
mod replan;
mod service;
pub mod service_state;
mod span;
mod stack;
mod text_enum;
mod validate;
mod workload;
mod yaml;

pub use check::{Check, CheckLevel, ExecCheck, HttpCheck, TcpCheck};
pub use combine::combine;
pub use environment::Environment;
pub use error::Error;
pub use layer::{Layer, Plan};
pub use log_target::{LogTarget, LogTargetType};
pub use order::only;
pub(crate) use quote::shortened_to;
pub use quote::{listed, quote, shortened};
pub use replan::{Replan, replan};
pub use service::{Action, Override, Service, Startup};
pub use span::{OptionalDuration, Span};
pub use stack::{LayerFile, Layers};
pub use workload::{Pairing, PairingMode, Workload};
pub use yaml::from_yaml;

#[cfg(test)]
mod golden;
