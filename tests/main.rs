//! Tests of the charm's real binary, between Juju's model with its hook tools and a pod with Pebble and gunicorn.
//!
//! They start the workspace's binaries from their own target folder; `cargo build --workspace` builds those first.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "callers write an event in the call that fires it")]
#![allow(clippy::disallowed_methods, reason = "tests start processes and read their environment")]

mod charm;
mod docs;
mod interfaces;
mod module_graph;
mod options;
mod prose;
mod sockets;
mod support;
mod unsafe_code;
