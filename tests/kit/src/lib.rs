//! Helpers for the tests of all packages: golden files, conditions that a machine may not meet, and the Pebble under test.

mod golden;
mod needs;
mod pebble;

pub use golden::assert_golden;
pub use needs::{needs, needs_named, needs_root};
pub use pebble::{chosen_pebble, pebble};
