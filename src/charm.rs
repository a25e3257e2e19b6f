//! The charm's entry point: every event goes to one handler.

use juju::{Charm, CharmFiles, Context, Event, Hold, Juju, Observers, Outcome, Status, Whose};
use pebble::blocking::Client;
use sha2::{Digest, Sha512};

use crate::charm_spec::CharmSpec;
use crate::pipeline;
use crate::work;

/// The web-app charm.
#[derive(Debug)]
pub struct WebApp {
    spec: Result<CharmSpec, Hold>,
}

/// Error that fails the hook. Everything else becomes a status.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file in the charm's folder, such as `metadata.yaml`, can't be read.
    #[error("cannot read the charm's files")]
    Files(#[source] juju::MetadataError),
    /// A hook tool failed.
    #[error("cannot talk to Juju")]
    Juju(#[from] juju::Error),
    /// The operating system gives no random bytes.
    #[error("cannot draw a random key: {0}")]
    Random(getrandom::Error),
}

impl Charm for WebApp {
    type Error = Error;

    fn new(context: &Context) -> Result<Self, Error> {
        let files = CharmFiles::read(&context.charm_dir).map_err(Error::Files)?;
        Ok(Self { spec: CharmSpec::read(&context.charm_dir, &files) })
    }

    fn observe(observers: &mut Observers<Self>) {
        observers.any(Self::reconcile);
    }
}

impl WebApp {
    fn reconcile(&mut self, event: &Event, juju: &Juju<'_>) -> Result<Outcome, Error> {
        match &self.spec {
            Ok(spec) => reconcile(event, juju, spec)?,
            Err(hold) => juju.set_status(Whose::Unit, &Status::blocked(hold.message.clone()))?,
        }
        Ok(Outcome::Done)
    }
}

fn reconcile(event: &Event, juju: &Juju<'_>, spec: &CharmSpec) -> Result<(), Error> {
    let work = work::of(event, spec);
    if work.is_nothing() {
        return Ok(());
    }
    let pebble = Client::new(juju.context.pebble_socket(&spec.container));
    let mut random = Keys::new()?;
    Ok(pipeline::run(&work, juju, &pebble, spec, &mut || random.next())?)
}

/// Source of random bytes for new keys. Each call hashes the seed with a counter, so a key that another application
/// sees (a proxy's request id, for example) does not reveal the others.
struct Keys {
    seed: [u8; 64],
    drawn: u64,
}

impl Keys {
    /// Draws the seed: the only call to the operating system, so only this can fail.
    fn new() -> Result<Self, Error> {
        let mut seed = [0; 64];
        getrandom::fill(&mut seed).map_err(Error::Random)?;
        Ok(Self { seed, drawn: 0 })
    }

    fn next(&mut self) -> [u8; 64] {
        self.drawn += 1;
        Sha512::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_from_each_other_and_from_the_seed() {
        let mut keys = Keys { seed: [7; 64], drawn: 0 };
        let drawn = [keys.seed, keys.next(), keys.next(), Keys::new().unwrap().next()];
        for (at, key) in drawn.iter().enumerate() {
            assert!(drawn[..at].iter().all(|other| other[..8] != key[..8]));
        }
    }
}
