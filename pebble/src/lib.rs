//! Pebble, the service manager inside workload containers, as a Rust library.
//!
//! - [`types`]: what travels, shared by client and supervisor.
//! - [`plan`]: layers, their merging and validation, the difference a replan makes; pure.
//! - [`request`]: what to send for what is wanted; no I/O.
//! - [`client`]: the asynchronous client, over any [`connect::Connect`].
//! - [`blocking`]: the client for synchronous programs, which is what charms use.
//! - [`json`]: the size of JSON in memory, before it is read.
//! - [`multipart`]: the bodies that files travel in; pure, shared by client and supervisor.
//!
//! The wire protocol is that of Pebble 1.32; nothing here depends on which daemon answers.

pub mod blocking;
mod body;
pub mod client;
pub mod connect;
mod error;
mod exec;
mod files;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod json;
mod limits;
pub mod multipart;
pub mod plan;
pub mod request;
#[cfg(test)]
mod scripted;
pub mod types;
mod wire;

pub use error::{Error, Garbage, PathErrorKind};
pub use limits::Limits;
