//! The two halves in charms, one event at a time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod library;
mod links;
