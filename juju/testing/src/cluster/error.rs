//! Errors of a cluster. Each names the seed that repeats it.

use crate::model::Error as ModelError;
use juju::ContextError;
use std::io;

/// Error of a call to a [`Cluster`](crate::Cluster).
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The model refused the call, as Juju refuses it to an operator.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// A charm failed; its writes in this hook are dropped, and the hook is due again.
    #[error("uncaught error of the charm of {unit} in {event} (seed {seed}): {error}")]
    UncaughtCharmError {
        /// The unit.
        unit: String,
        /// The event's name.
        event: String,
        /// The charm's error with its causes.
        error: String,
        /// The seed of the order of hooks.
        seed: u64,
    },
    /// More hooks ran than allowed: charms answer each other without end.
    #[error("not quiet after {max} hooks (seed {seed}); the last: {}", last.join(", "))]
    NotQuiet {
        /// The number of hooks that were allowed.
        max: usize,
        /// The last hooks, each as unit and event.
        last: Vec<String>,
        /// The seed of the order of hooks.
        seed: u64,
    },
    /// A test of [`Cluster::explore`](crate::Cluster::explore) failed under this seed.
    #[error("seed {seed}: {error}")]
    Seed {
        /// The seed, for [`Cluster::with_seed`](crate::Cluster::with_seed).
        seed: u64,
        /// The test's error.
        error: Box<ClusterError>,
    },
    /// A container's folder or socket can't be made.
    #[error("cannot make a container: {0}")]
    Container(io::Error),
    /// There is no such container.
    #[error("the charm of {unit} declares no container \"{container}\"")]
    UnknownContainer {
        /// The unit.
        unit: String,
        /// The container.
        container: String,
    },
    /// A program serves the container, so there is no fake Pebble to look into: see [`Cluster::client`](crate::Cluster::client).
    #[error("container \"{container}\" of {unit} is served by a program and not by a fake Pebble")]
    NoFake {
        /// The unit.
        unit: String,
        /// The container.
        container: String,
    },
    /// The environment made for a hook can't be read, which is a bug of this package.
    #[error("cannot read the environment: {}", juju::chain(.0))]
    Environment(#[from] ContextError),
}
