//! Helpers for the tests of all packages: golden files.

mod golden;

pub use golden::assert_golden;
