//! Pebble, the service manager inside workload containers, as a Rust library.
//!
//! - [`types`]: wire types, shared by client and supervisor.
//! - [`plan`]: layers, merging, validation, replan; pure.
//! - [`request`]: HTTP requests of all operations; no I/O.
//! - [`client`]: asynchronous client over any [`connect::Connect`].
//! - [`exec`]: handles of commands.
//! - [`files`]: files to write.
//! - [`blocking`]: client for synchronous programs, such as charms.
//! - [`json`]: size of JSON in memory, before it is parsed.
//! - [`multipart`]: multipart bodies; pure, shared by client and supervisor.
//!
//! The protocol is that of Pebble 1.32, whichever daemon answers.

pub mod blocking;
mod body;
pub mod client;
pub mod connect;
mod error;
pub mod exec;
pub mod files;
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

/// The code of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
