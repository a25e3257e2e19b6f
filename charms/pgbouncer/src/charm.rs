//! The charm: its events, and the hook that handles each.

use std::marker::PhantomData;
use std::thread::available_parallelism;

use juju::event::{
    ConfigChanged, LeaderElected, RelationBroken, RelationChanged, RelationCreated, RelationDeparted, RelationJoined,
    SecretChanged, Start, UpdateStatus, UpgradeCharm,
};
use juju::{Charm, Context, Flow, Juju, On, Setup, Stored};
use pebble::blocking::Client;

use crate::accounts::Open;
use crate::error::{Error, wait_out};
use crate::hook;
use crate::meta;
use crate::place::{Places, instance_count};
use crate::postgres::Connection;
use crate::unit::{Memory, Unit};
use crate::workload::Workload;

/// The surroundings of a charm besides Juju and Pebble. Tests have their own.
pub trait Surroundings: 'static {
    /// Opens a session in a database of the backend.
    const OPEN: Open;

    /// Places in the container.
    #[must_use]
    fn places(_: &Context) -> Places {
        Places::default()
    }

    /// Number of processors of the unit.
    #[must_use]
    fn processors() -> usize {
        available_parallelism().map_or(1, Into::into)
    }
}

/// A pod in a cluster.
#[derive(Debug)]
pub struct Pod;

impl Surroundings for Pod {
    const OPEN: Open = |backend, database| Ok(Box::new(Connection::open(backend, database)?));
}

/// The PgBouncer charm.
#[derive(Debug)]
pub struct PgBouncer<S = Pod> {
    memory: Stored<Memory>,
    surroundings: PhantomData<fn() -> S>,
}

impl<S: Surroundings> Charm for PgBouncer<S> {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self { memory: setup.stored()?, surroundings: PhantomData })
    }

    fn observe(on: &mut On<Self>) {
        on.deferring("start", Start, |charm, _, juju| charm.run(juju, hook::start))
            .deferring("pebble-ready", meta::PGBOUNCER.pebble_ready(), |charm, _, juju| {
                charm.run(juju, hook::pebble_ready)
            })
            .deferring("config-changed", ConfigChanged, |charm, _, juju| charm.run(juju, hook::config_changed))
            .deferring("upgrade-charm", UpgradeCharm, |charm, _, juju| charm.run(juju, hook::upgrade_charm))
            .deferring("leader-elected", LeaderElected, |charm, _, juju| charm.run(juju, hook::leader_elected))
            .event(UpdateStatus, |charm, _, juju| charm.run(juju, hook::update_status).map(drop))
            .deferring("secret-changed", SecretChanged::every(), |charm, _, juju| {
                charm.run(juju, hook::secret_changed)
            });
        observe_peers(on);
        observe_backend(on);
        observe_clients(on);
        observe_certificates(on);
    }
}

fn observe_peers<S: Surroundings>(on: &mut On<PgBouncer<S>>) {
    on.deferring("peers-created", meta::PGB_PEERS.created(), |charm, _, juju| charm.run(juju, hook::peers_created))
        .deferring("peers-joined", meta::PGB_PEERS.joined(), |charm, _: &RelationJoined<'_>, juju| {
            charm.run(juju, hook::peers_changed)
        })
        .deferring("peers-changed", meta::PGB_PEERS.changed(), |charm, _: &RelationChanged<'_>, juju| {
            charm.run(juju, hook::peers_changed)
        })
        .event(meta::PGB_PEERS.departed(), |charm, event: &RelationDeparted<'_>, juju| {
            charm.run(juju, |unit| hook::peers_departed(unit, event.unit(), event.departing_unit())).map(drop)
        });
}

fn observe_backend<S: Surroundings>(on: &mut On<PgBouncer<S>>) {
    on.event(meta::BACKEND_DATABASE.created(), |charm, _: &RelationCreated<'_>, juju| {
        charm.run(juju, hook::backend_created).map(drop)
    })
    .deferring("backend-changed", meta::BACKEND_DATABASE.changed(), |charm, _: &RelationChanged<'_>, juju| {
        charm.run(juju, hook::backend_changed)
    })
    .event(meta::BACKEND_DATABASE.departed(), |charm, event: &RelationDeparted<'_>, juju| {
        charm.run(juju, |unit| hook::backend_departed(unit, event.relation(), event.departing_unit())).map(drop)
    })
    .event(meta::BACKEND_DATABASE.broken(), |charm, event: &RelationBroken<'_>, juju| {
        charm.run(juju, |unit| hook::backend_broken(unit, event.relation().id())).map(drop)
    });
}

fn observe_clients<S: Surroundings>(on: &mut On<PgBouncer<S>>) {
    on.deferring("client-requested", meta::DATABASE.changed(), |charm, event: &RelationChanged<'_>, juju| {
        charm.run(juju, |unit| hook::client_requested(unit, event.relation().id()))
    })
    .event(meta::DATABASE.departed(), |charm, event: &RelationDeparted<'_>, juju| {
        charm.run(juju, |unit| hook::client_departed(unit, event.departing_unit())).map(drop)
    })
    .event(meta::DATABASE.broken(), |charm, event: &RelationBroken<'_>, juju| {
        charm.run(juju, |unit| hook::client_broken(unit, event.relation().id())).map(drop)
    });
}

fn observe_certificates<S: Surroundings>(on: &mut On<PgBouncer<S>>) {
    on.event(meta::CERTIFICATES.created(), |charm, _: &RelationCreated<'_>, juju| {
        charm.run(juju, hook::certificates_changed).map(drop)
    })
    .deferring("certificates-changed", meta::CERTIFICATES.changed(), |charm, _: &RelationChanged<'_>, juju| {
        charm.run(juju, hook::certificates_changed)
    })
    .event(meta::CERTIFICATES.broken(), |charm, _: &RelationBroken<'_>, juju| {
        charm.run(juju, hook::certificates_broken).map(drop)
    });
}

impl<S: Surroundings> PgBouncer<S> {
    fn run(&mut self, juju: &Juju<'_>, hook: impl FnOnce(&mut Unit<'_>) -> Result<Flow, Error>) -> Result<Flow, Error> {
        let places = S::places(juju.context);
        let instances = places.instances(instance_count(S::processors()));
        let socket = juju.context.pebble_socket(meta::PGBOUNCER.name().as_str());
        let workload = Workload { pebble: Client::new(socket), places, instances };
        let mut unit = Unit { juju, workload, memory: &mut self.memory, open: S::OPEN, base: None };
        wait_out(hook(&mut unit), juju)
    }
}
