//! Tests of the charm's real binary: Juju's model and hook tools on one side, a pod with Pebble and gunicorn on the other.
//!
//! They start the binaries beside their own, so those are built first: `cargo build --workspace`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "an event is written where it's fired")]
#![allow(clippy::disallowed_methods, reason = "tests start processes and are told by variables what to start")]

mod charm;
mod docs;
mod module_graph;
mod options;
mod prose;
mod support;
mod unsafe_code;
