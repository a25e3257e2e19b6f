//! A charm that greets the name in its option.

use juju::prelude::*;

juju::metadata!("charmcraft.yaml");

pub(crate) struct {Charm};

impl Charm for {Charm} {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.event(ConfigChanged, |_, _, juju| {
            let config: meta::Config = juju.config()?;
            juju.set_unit_status(Status::active(format!("Hello, {}!", config.whom)))
        });
    }
}

juju::main!({Charm});
