//! Tests of the daemon as a process: signals, exit codes, orphans, output, a second start, SIGKILL.
//!
//! Answers of the API are tested by the suite of `webcharm-pebble`, which any Pebble passes.

#![allow(clippy::disallowed_methods, reason = "a test program starts daemons")]
#![allow(clippy::print_stderr, reason = "the comparisons print their figures")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod beside;
mod command_line;
mod daemon;
mod end;
mod hostile;
mod https;
mod kills;
mod load;
mod ops;
mod orphans;
mod output;
mod root;
mod signals;
mod stalled;
mod start;
mod tls;
