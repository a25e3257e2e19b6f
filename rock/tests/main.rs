//! What the root file systems are made of, run as it's meant to run: the exporter's stand-in, and each sample's own tests;
//! and the repository's own rock, which is written out.
#![allow(clippy::disallowed_methods, reason = "black-box tests start processes and wait for them")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(clippy::print_stdout, reason = "a test that is passed over says why")]

mod database;
mod exporter;
mod samples;
mod written_out;
