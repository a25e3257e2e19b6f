//! Programs of the root file systems, run for real: the exporter's stand-in and each sample's own tests. And the
//! repository's own `rockcraft.yaml`, compared with the Flask sample's.
#![allow(clippy::disallowed_methods, reason = "black-box tests start processes and wait for them")]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod database;
mod exporter;
mod samples;
mod written_out;
