//! Pebble's plan: layers and what becomes of them.
//!
//! Everything here is pure. The supervisor, the fake and the charm share it: reading a layer from a stranger's text
//! ([`Layer::parse`]), merging layers into a plan ([`combine`], [`Layers`]), printing it as Pebble does
//! ([`Plan::to_yaml`]), the order in which services start and stop, what a replan changes ([`replan`]), command
//! splitting ([`command`]) and the life of one service ([`service_state`]). Messages that travel to clients are Pebble's own,
//! as of version 1.32.

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

#[cfg(test)]
mod golden;
