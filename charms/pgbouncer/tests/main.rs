//! Tests of the charm over the model of `juju-testing` and real supervisors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "callers write an event in the call that fires it")]
#![allow(clippy::disallowed_methods, reason = "tests start processes and wait for them")]

mod backend;
mod client;
mod cluster;
mod defer;
mod fault;
mod idle;
mod killed;
mod leader;
mod options;
mod order;
mod peers;
mod real;
mod start;
mod support;
mod tls;
