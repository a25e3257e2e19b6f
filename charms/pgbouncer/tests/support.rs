//! Units of the charm in one process: Juju's model, and for each unit a supervisor with folders of its own.

pub(crate) mod container;
pub(crate) mod postgresql;
mod server;
mod world;

pub(crate) use server::Server;
pub(crate) use world::{APP, World, pebble_ready};
