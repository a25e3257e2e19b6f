//! The charm as Juju's framework runs it: one handler for every event.

use juju::{Charm, CharmFiles, Context, Event, Juju, Observers, Outcome, Status, Whose};
use pebble::blocking::Client;

use crate::asked;
use crate::hold::Hold;
use crate::pipeline;
use crate::shape::Shape;

/// The web-app charm.
#[derive(Debug)]
pub struct WebApp {
    shape: Result<Shape, Hold>,
}

/// The charm can't even begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its own files are broken.
    #[error("cannot read the charm's files")]
    Files(#[source] juju::MetadataError),
    /// A hook tool failed.
    #[error("cannot talk to Juju")]
    Juju(#[from] juju::Error),
    /// There is no randomness.
    #[error("cannot draw a random key: {0}")]
    Random(getrandom::Error),
}

impl Charm for WebApp {
    type Error = Error;

    fn new(context: &Context) -> Result<Self, Error> {
        let files = CharmFiles::read(&context.charm_dir).map_err(Error::Files)?;
        Ok(Self { shape: Shape::read(&context.charm_dir, &files) })
    }

    fn observe(observers: &mut Observers<Self>) {
        observers.any(Self::reconcile);
    }
}

impl WebApp {
    fn reconcile(&mut self, event: &Event, juju: &Juju<'_>) -> Result<Outcome, Error> {
        match &self.shape {
            Ok(shape) => reconcile(event, juju, shape)?,
            Err(hold) => juju.set_status(Whose::Unit, &Status::blocked(hold.message.clone()))?,
        }
        Ok(Outcome::Done)
    }
}

fn reconcile(event: &Event, juju: &Juju<'_>, shape: &Shape) -> Result<(), Error> {
    let asked = asked::by(event, shape);
    if asked.is_nothing() {
        return Ok(());
    }
    let pebble = Client::new(juju.context.pebble_socket(&shape.container));
    let seed = random()?;
    Ok(pipeline::run(&asked, juju, &pebble, shape, &mut || seed)?)
}

/// The bytes of a new key, drawn once: the stages only ever use them.
fn random() -> Result<[u8; 64], Error> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}
