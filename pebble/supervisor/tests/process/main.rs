//! What only a process shows: signals, exit codes, orphans, users, a second start, a death without warning.
//!
//! What the API answers is the business of the suite that all Pebbles share; here is what it can't ask for.

#![allow(clippy::disallowed_methods, reason = "a test program starts daemons")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

mod daemon;
mod end;
mod hostile;
mod orphans;
mod output;
mod root;
mod stalled;
mod start;
