//! Units of the charm in one process: Juju's model, and for each unit a supervisor with folders of its own.

pub(crate) mod authority;
pub(crate) mod container;
mod event;
mod killer;
mod mortal;
pub(crate) mod postgresql;
mod scram;
mod server;
mod surroundings;
mod world;

pub(crate) use event::{changed, created, departed, relation, secret_changed};
pub(crate) use server::Server;
pub(crate) use surroundings::InCluster;
pub(crate) use world::{APP, World, neighbors, pebble_ready};

/// Number of the first leader.
pub(crate) const LEADER: u32 = 0;
