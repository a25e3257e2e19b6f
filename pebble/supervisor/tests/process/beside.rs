//! The same requests to our supervisor and to a real Pebble, with the answers compared byte for byte.
//!
//! ```text
//! PEBBLE_BINARY=/usr/bin/pebble cargo test -p supervisor --test process beside
//! ```
//!
//! Without `PEBBLE_BINARY` the tests pass with a note. Both daemons have root directories of their own with the same
//! contents. Only times, boot ids and random names are normalized. `explained` lists the deliberate differences; any other one
//! fails the test, which prints both answers.

mod bodies;
mod client;
mod explained;
mod files;
mod layers;
mod normal;
mod pair;
mod paths;
mod request;
mod scenes;
mod sequences;
