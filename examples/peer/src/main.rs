//! Units of one application that agree on the leader's address through their peer relation.

use juju::prelude::*;

juju::metadata!("charmcraft.yaml");

pub(crate) struct Peer {
    leader: Stored<Option<String>>,
}

impl Charm for Peer {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self> {
        Ok(Self { leader: setup.stored()? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(LeaderElected, Self::leader_elected);
        on.event(meta::REPLICAS.joined(), Self::joined).event(meta::REPLICAS.changed(), Self::changed);
        on.event(meta::REPLICAS.departed(), Self::departed);
    }
}

impl Peer {
    fn leader_elected(&mut self, _: &LeaderElected, juju: &Juju<'_>) -> Result {
        let Some(replicas) = juju.relation(meta::REPLICAS)? else { return Ok(()) };
        let network = replicas.network()?;
        network.bind_address().map_or(Ok(()), |address| replicas.set_app([("leader-ip", address)]))
    }

    fn joined(&mut self, event: &RelationJoined<'_>, juju: &Juju<'_>) -> Result {
        if juju.is_leader()? {
            self.leader_elected(&LeaderElected, juju)?;
        }
        event.relation().set_unit([("unit-data", &juju.context.unit)])
    }

    fn changed(&mut self, event: &RelationChanged<'_>, _: &Juju<'_>) -> Result {
        let shared: Databag = event.relation().local_app()?;
        if let Some(address) = shared.text("leader-ip") {
            *self.leader = Some(address.to_owned());
        }
        Ok(())
    }

    fn departed(&mut self, event: &RelationDeparted<'_>, _: &Juju<'_>) -> Result {
        tracing::info!(unit = %event.unit(), "a unit leaves");
        Ok(())
    }
}

juju::main!(Peer);
