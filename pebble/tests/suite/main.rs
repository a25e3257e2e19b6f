//! Conformance suite for any Pebble: our supervisor, or the binary in `PEBBLE_BINARY`.
//!
//! Each test starts a daemon, sends requests over its socket, raw and through `pebble::blocking`, and compares the
//! answers with `tests/recorded/CASE.json`: the answers of a real Pebble, with times, ids and the like normalized
//! (`record`). So a difference fails here without a real Pebble.
//!
//! ```text
//! cargo build -p supervisor && cargo test -p webcharm-pebble --test suite      # our supervisor
//! PEBBLE_BINARY=/usr/bin/pebble cargo test -p webcharm-pebble --test suite     # a real one
//! RECORD=1 PEBBLE_BINARY=/usr/bin/pebble cargo test …                          # write down what it answers
//! ```
//!
//! Tests that need root print a note and pass for other users.
//!
//! Most of the time is spent waiting, as services must run for a second to count as started: `-- --test-threads=12`
//! takes a third of the time of two threads.

#![allow(clippy::disallowed_methods, reason = "a test program starts daemons and is told which by the environment")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

extern crate webcharm_pebble as pebble;

mod case;
mod daemon;
mod go_client;
mod raw;
mod receiver;
mod record;
mod websocket;

mod access;
mod changes;
mod checks;
mod command_line;
mod dying;
mod examples;
mod exec;
mod files;
mod forwarding;
mod journal;
mod layers;
mod logs;
mod notices;
mod operations;
mod processes;
mod services;
mod signals;
mod small;
mod sockets;
mod spawned;
mod starting;
mod system;
mod writing;
