//! Hooks, one file for each: their guards and steps in the order of the charm's flow charts.

mod backend_broken;
mod backend_changed;
mod backend_departed;
mod certificates;
mod client_broken;
mod client_departed;
mod client_requested;
mod config_changed;
mod leader_elected;
mod pebble_ready;
mod peers_changed;
mod peers_created;
mod peers_departed;
mod start;
mod update_status;
mod upgrade_charm;

pub(crate) use backend_broken::backend_broken;
pub(crate) use backend_changed::{backend_changed, backend_created};
pub(crate) use backend_departed::backend_departed;
pub(crate) use certificates::{certificates_broken, certificates_changed};
pub(crate) use client_broken::client_broken;
pub(crate) use client_departed::client_departed;
pub(crate) use client_requested::client_requested;
pub(crate) use config_changed::config_changed;
pub(crate) use leader_elected::leader_elected;
pub(crate) use pebble_ready::pebble_ready;
pub(crate) use peers_changed::{peers_changed, secret_changed};
pub(crate) use peers_created::peers_created;
pub(crate) use peers_departed::peers_departed;
pub(crate) use start::start;
pub(crate) use update_status::update_status;
pub(crate) use upgrade_charm::upgrade_charm;
