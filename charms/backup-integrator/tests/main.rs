//! The charm in one process, event by event, and as a process on machines of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod charm;
mod machines;
mod metadata;
mod scripts;
mod unit;
