//! The charm's surroundings in the tests.

use juju::Context;
use pgbouncer::{Open, Places, Pod, Surroundings};

use super::container::places;
use super::server::Server;

/// Surroundings with stand-ins: two instances in folders of the test, and servers in memory.
#[derive(Debug)]
pub(crate) struct StandIns;

impl Surroundings for StandIns {
    const OPEN: Open = Server::open;

    fn places(context: &Context) -> Places {
        places(&context.containers_dir)
    }

    fn processors() -> usize {
        2
    }
}

/// The same for units of a cluster, which has no other folder than the container's own.
#[derive(Debug)]
pub(crate) struct InCluster;

impl Surroundings for InCluster {
    const OPEN: Open = Server::open;

    fn places(context: &Context) -> Places {
        let places = places(&context.containers_dir);
        Places { auth_file: format!("{}/userlist.txt", places.base), ..places }
    }

    fn processors() -> usize {
        2
    }
}

/// Surroundings with the real PgBouncer and PostgreSQL.
#[derive(Debug)]
pub(crate) struct Real;

impl Surroundings for Real {
    const OPEN: Open = Pod::OPEN;

    fn places(context: &Context) -> Places {
        places(&context.containers_dir)
    }

    fn processors() -> usize {
        2
    }
}
