//! A workload that is configured once its container and its database are there.

use std::time::Duration;

use juju::prelude::*;
use pebble::types::WriteFile;

juju::metadata!("charmcraft.yaml");

const LAYER: &str = "services: {pooler: {override: replace, startup: enabled, command: pooler /etc/pooler.conf}}";

pub(crate) struct Pooler;

impl Charm for Pooler {
    type Error = Error;

    fn new(_: &Setup<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn observe(on: &mut On<Self>) {
        on.deferring("start", Start, |_, _, juju| start(juju));
        on.deferring("database-changed", meta::DATABASE.changed(), |_, _, juju| start(juju));
    }
}

fn start(juju: &Juju<'_>) -> Result<Flow> {
    let wait = |reason: &str| juju.set_unit_status(Status::waiting(reason)).map(|()| Flow::Defer);
    let Some(pebble) = juju.container(meta::POOLER)? else { return wait("waiting for the container pooler") };
    let Some(database) = juju.relation(meta::DATABASE)? else { return wait("waiting for a database") };
    let data: Databag = database.remote_app()?;
    let Some(endpoints) = data.text("endpoints") else { return wait("waiting for the database's endpoints") };
    pebble.write_file("/etc/pooler.conf", endpoints.as_bytes(), &WriteFile::default())?;
    pebble.add_layer("pooler", &LAYER.parse()?, true)?;
    pebble.restart(&["pooler"], Duration::from_secs(30))?;
    juju.set_unit_status(Status::active("")).map(|()| Flow::Done)
}

juju::main!(Pooler);
