//! A subordinate charm: it runs beside one unit of its principal, and shows that unit's address.

use juju::prelude::*;

juju::metadata!("charmcraft.yaml");

pub(crate) struct Beside;

impl Charm for Beside {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.event(meta::BESIDE.joined(), |_, event, juju| {
            let unit = event.unit();
            let principal: Databag = event.relation().remote_unit(unit)?;
            let address = principal.text("private-address").unwrap_or("an unknown address");
            juju.set_unit_status(Status::active(format!("beside {unit} at {address}")))
        });
    }
}

juju::main!(Beside);
