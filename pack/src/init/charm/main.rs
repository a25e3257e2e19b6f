//! The charm {name}.

use std::process::ExitCode;

use juju::event::ConfigChanged;
use juju::{Charm, Error, Juju, On, Setup, Status, Whose};

juju::metadata!("charmcraft.yaml");

#[cfg(test)]
mod tests;

/// One value for each event.
struct {Charm} {
    config: meta::Config,
}

impl Charm for {Charm} {
    type Error = Error;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        Ok(Self { config: setup.config()? })
    }

    fn observe(on: &mut On<Self>) {
        on.event(ConfigChanged, Self::config_changed);
    }
}

impl {Charm} {
    fn config_changed(&mut self, _: &ConfigChanged, juju: &Juju<'_>) -> Result<(), Error> {
        juju.set_status(Whose::Unit, &Status::active(&self.config.greeting))
    }
}

fn main() -> ExitCode {
    juju::main::<{Charm}>()
}
