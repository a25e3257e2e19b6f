//! The provider's half of a relation: it tells its name and keeps the requirer's token.

use juju::prelude::*;

juju::metadata!("charmcraft.yaml");

pub(crate) struct Provider {
    token: Stored<Option<String>>,
}

impl Charm for Provider {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self> {
        Ok(Self { token: setup.stored()? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(meta::DEMO.joined(), Self::demo_joined).event(meta::DEMO.changed(), Self::demo_changed);
    }
}

impl Provider {
    fn demo_joined(&mut self, event: &RelationJoined<'_>, juju: &Juju<'_>) -> Result {
        if juju.is_leader()? {
            event.relation().set_app([("leader-uuid", uuid::Uuid::new_v4())])?;
        }
        event.relation().set_unit([("special-field", &juju.context.unit)])
    }

    fn demo_changed(&mut self, event: &RelationChanged<'_>, _: &Juju<'_>) -> Result {
        let answer: Databag = event.relation().remote_app()?;
        *self.token = answer.text("token").map(str::to_owned).or(self.token.take());
        Ok(())
    }
}

juju::main!(Provider);
