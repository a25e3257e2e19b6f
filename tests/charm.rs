//! The charm against a real application, and against Pebbles that are none.

mod failures;
mod start;
