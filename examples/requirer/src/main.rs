//! The requirer's half of a relation: it keeps the provider's leader and answers with a token of its own.

use std::collections::BTreeMap;

use juju::prelude::*;

juju::metadata!("charmcraft.yaml");

pub(crate) struct Requirer {
    leaders: Stored<BTreeMap<RelationId, Option<String>>>,
}

impl Charm for Requirer {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self> {
        Ok(Self { leaders: setup.stored()? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(ConfigChanged, |charm, _, juju| charm.configure(juju));
        on.event(meta::DEMO.changed(), Self::demo_changed).event(meta::DEMO.broken(), Self::demo_broken);
    }
}

impl Requirer {
    fn demo_changed(&mut self, event: &RelationChanged<'_>, juju: &Juju<'_>) -> Result {
        if !juju.is_leader()? {
            return Ok(());
        }
        let relation = event.relation();
        let offer: Databag = relation.remote_app()?;
        self.leaders.insert(relation.id(), offer.text("leader-uuid").map(str::to_owned));
        if let Some(unit) = event.unit() {
            let special: Databag = relation.remote_unit(unit)?;
            tracing::info!(%unit, special = special.text("special-field"), "a unit of the provider");
        }
        relation.set_app([("token", uuid::Uuid::new_v4())])?;
        self.configure(juju)
    }

    fn demo_broken(&mut self, event: &RelationBroken<'_>, _: &Juju<'_>) -> Result {
        self.leaders.remove(&event.relation().id());
        Ok(())
    }

    fn configure(&mut self, juju: &Juju<'_>) -> Result {
        let config: meta::Config = juju.config()?;
        juju.set_unit_status(Status::active(config.level))
    }
}

juju::main!(Requirer);
