//! Helpers for the tests of all packages: golden files, and conditions that a machine may not meet.

mod golden;
mod needs;

pub use golden::assert_golden;
pub use needs::{needs, needs_named, needs_root};
