//! The charm against a real application, and against Pebbles that are none.

mod databags;
mod failures;
mod gunicorn;
mod migration;
mod rock;
mod start;
