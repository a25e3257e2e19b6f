//! Tests of the program as a person uses it: real pods, a real charm, a real application.
//!
//! `pebble` and `dispatch` must have been built before (`cargo build -p supervisor -p webcharm`); the application's
//! packages come from PyPI once and are then cached in the target folder.
#![allow(clippy::disallowed_methods, reason = "black-box tests start processes and wait for them")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(clippy::print_stdout, reason = "the long test of kills prints its steps")]

mod access;
mod applications;
mod asked;
mod browser;
mod clusters;
mod contained;
mod declared;
mod django;
mod ends;
mod frameworks;
mod ingress;
mod inside;
mod integration;
mod killed;
mod lifecycle;
mod machines;
mod messages;
mod observability;
mod other_users;
mod own;
mod packed;
mod pgbouncer;
mod providers;
mod python;
mod redis;
mod root;
mod rotation;
mod secrets;
mod services;
mod spring;
mod stranger;
mod support;
mod tls;
mod truth;
mod unit;
mod units;
mod user_secrets;
mod version_one;
