//! The charm's entry point: every event goes to one handler.

use std::marker::PhantomData;
use std::time::SystemTime;

use juju::{Charm, CharmFiles, Event, Hold, Juju, On, Setup, Status, Whose};
use pebble::blocking::Client;

use crate::charm_spec::CharmSpec;
use crate::extension::Author;
use crate::pipeline;
use crate::random::Keys;
use crate::work;

/// The web-app charm, with the additions of an author's crate.
#[derive(Debug)]
pub struct WebApp<A = ()> {
    spec: Result<CharmSpec, Hold>,
    author: PhantomData<A>,
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

impl<A: Author> Charm for WebApp<A> {
    type Error = Error;

    // Most of its endpoints, one for each interface that an application may use, have no relation.
    const REMEMBERS_UNRELATED: bool = true;

    fn new(setup: &Setup<'_>) -> Result<Self, Error> {
        let context = setup.context();
        let files = CharmFiles::read(&context.charm_dir).map_err(Error::Files)?;
        Ok(Self { spec: CharmSpec::read(&context.charm_dir, &files, A::EXTENSION), author: PhantomData })
    }

    fn observe(on: &mut On<Self>) {
        on.any(Self::reconcile);
    }
}

impl<A: Author> WebApp<A> {
    fn reconcile(&mut self, event: &Event, juju: &Juju<'_>) -> Result<(), Error> {
        match &self.spec {
            Ok(spec) => reconcile(event, juju, spec),
            Err(hold) => Ok(juju.set_status(Whose::Unit, &Status::blocked(hold.message.clone()))?),
        }
    }
}

fn reconcile(event: &Event, juju: &Juju<'_>, spec: &CharmSpec) -> Result<(), Error> {
    let work = work::of(event, spec);
    if work.is_nothing() {
        return Ok(());
    }
    let pebble = Client::new(juju.context.pebble_socket(&spec.container));
    let mut random = Keys::new().map_err(Error::Random)?;
    #[expect(clippy::disallowed_methods, reason = "the clock of the event")]
    let now = SystemTime::now();
    Ok(pipeline::run(&work, juju, &pebble, spec, now, &mut || random.draw())?)
}
