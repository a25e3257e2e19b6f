//! The tests of `explain`: recorded pods, a cluster that answers them, the program, and the package's dependents.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "a test starts the binary and cargo")]

mod alone;
mod cluster;
mod command;
mod recorded;
mod server;
