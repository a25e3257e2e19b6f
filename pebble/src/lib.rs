//! Pebble, the service manager inside workload containers, as a Rust library.
//!
//! - [`types`]: what travels, shared by client and supervisor.
//! - [`plan`]: layers, their merging and validation, the difference a replan makes; pure.
//! - [`blocking`]: the client for synchronous programs.
//!
//! The wire protocol is that of Pebble 1.32; nothing here depends on which daemon answers.

pub mod blocking;
mod error;
mod limits;
pub mod plan;
pub mod types;

pub use error::{Error, Garbage, PathErrorKind};
pub use limits::Limits;
