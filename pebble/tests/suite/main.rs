//! One suite for every Pebble: our supervisor, or any real one that `PEBBLE_BINARY` names.
//!
//! Each test starts a daemon of its own, asks it over its socket, by hand and through `pebble::blocking`, and holds
//! the answers against `tests/recorded/CASE.json`: what a real Pebble answered, with times, ids and the like made
//! nameless (`record`). So a side that answers otherwise fails here, though no real Pebble is at hand.
//!
//! ```text
//! cargo build -p supervisor && cargo test -p webcharm-pebble --test suite      # our supervisor
//! PEBBLE_BINARY=/usr/bin/pebble cargo test -p webcharm-pebble --test suite     # a real one
//! RECORD=1 PEBBLE_BINARY=/usr/bin/pebble cargo test …                          # write down what it answers
//! ```
//!
//! What only root can do is left out for anyone else; a line says so.
//!
//! Nearly all of its time is waited out, as services must live for a second to count as started: `-- --test-threads=12`
//! takes a third of what two threads take.

#![allow(clippy::disallowed_methods, reason = "a test program starts daemons and is told which by the environment")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

mod case;
mod daemon;
mod go_client;
mod raw;
mod record;
mod websocket;

mod changes;
mod dying;
mod exec;
mod files;
mod layers;
mod logs;
mod notices;
mod processes;
mod services;
mod signals;
mod sockets;
mod system;
mod writing;
