//! Juju's model in one process, for tests of charms and for the playground: one set of rules, two fronts.
//!
//! - [`Model`]: applications, units, relations, secrets, and the order of each unit's events. No I/O.
//! - [`ModelBackend`]: a hook of that model as a [`juju::Backend`], in-process; [`Model::speak_as`]: the same for
//!   an application without a charm.
//! - [`Server`] and [`hook_tools_main`]: the same hook for real charm processes, through executables with the names,
//!   flags and output of Juju's hook tools; [`dispatch_process`] runs a charm that way.
//! - [`Harness`]: a unit in a model that a test changes step by step; the charm gets the events of each change.
//! - [`Cluster`]: units of several charms in one model, in an order of hooks that a seed gives.
//! - [`Context`] and [`State`]: one event over the whole state of a unit, for tests that give the state before the
//!   event and compare the one after it.
//!
//! Pebble is not part of the model. In-process each container has a fake Pebble of its own, which
//! the charm's client reaches over a socket.

#![allow(clippy::disallowed_methods, reason = "the side of Juju: it starts charms and reads the tools' environment")]

mod agent;
mod backend;
mod client;
mod cluster;
mod consistency;
mod context;
mod dispatch;
mod environment;
mod files;
mod harness;
mod in_process;
mod model;
pub mod peer;
mod seed;
mod server;
mod speak;
mod state;
mod tools;
mod workload;

pub use backend::ModelBackend;
pub use client::{hook_tools_main, install_tools, run_program};
pub use cluster::{Cluster, ClusterError, Ran};
pub use context::{Context, Handled, Manager, Records, RunError};
pub use dispatch::{DispatchError, DispatchOptions, Dispatched, dispatch_process};
pub use harness::{Harness, HarnessError, HarnessNetwork};
pub use in_process::{InProcessError, dispatch_in_process};
pub use model::{
    Action, ActionStatus, Addresses, Call, Cloud, Error as ModelError, Finished, HookError, HookId, Integration,
    IntegrationEnd, JUJU_INFO, Log, LogLine, Model, RelationInfo, Step, UserSecret, endpoint, resolve,
};
pub use server::Server;
pub use state::{
    State, StateCheck, StateContainer, StateError, StateExec, StateOwner, StateRelation, StateSecret, StateStorage,
};
pub use tools::{hook_tools, is_hook_tool};

/// The code of the README works.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
