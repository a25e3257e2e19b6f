//! The charm as Juju's framework runs it: what its files say, and one handler for every event.

use std::collections::BTreeMap;
use std::path::Path;

use interfaces::{peer, postgresql};
use juju::{Charm, CharmFiles, ConfigOption, Context, Event, Juju, Observers, Outcome, Role, Status, Whose};
use serde::Deserialize;

use crate::asked::{self, Asked};
use crate::framework::{self, Framework};
use crate::hold::Hold;
use crate::pipeline;

/// The web-app charm.
#[derive(Debug)]
pub struct WebApp {
    shape: Result<Shape, Hold>,
}

/// What the charm's files make of it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The framework it serves.
    pub framework: &'static Framework,
    /// The container the workload is in.
    pub container: String,
    /// The options it declares.
    pub options: BTreeMap<String, ConfigOption>,
    /// Its peer endpoint of interface `secret-storage`.
    pub peer: Option<String>,
    /// Its PostgreSQL endpoints, in the order of the metadata.
    pub databases: Vec<Endpoint>,
}

/// An endpoint the charm requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Whether the workload may not run without it.
    pub required: bool,
}

impl Shape {
    /// Whether data of this endpoint have a part in the workload.
    #[must_use]
    pub fn uses(&self, endpoint: &str) -> bool {
        self.peer.as_deref() == Some(endpoint) || self.databases.iter().any(|database| database.name == endpoint)
    }

    /// Of the charm's files.
    ///
    /// # Errors
    ///
    /// A hold that says which line the charm's author must add.
    pub fn of(files: &CharmFiles, wanted: Option<&str>) -> Result<Self, Hold> {
        let containers = &files.metadata.containers;
        let framework = framework(containers.keys().map(String::as_str), wanted)?;
        let container = [framework.container, "app"].into_iter().find(|name| containers.contains_key(*name));
        let container = container.map(str::to_owned).ok_or_else(|| {
            Hold::blocked(format!("the charm has no container {}: add it to charmcraft.yaml", framework.container))
        })?;
        let endpoints = |role: Role, interface: &'static str| {
            let of = move |endpoint: &&juju::Endpoint| endpoint.role == role && endpoint.interface == interface;
            files.metadata.endpoints.iter().filter(of)
        };
        let databases = endpoints(Role::Requires, postgresql::INTERFACE)
            .map(|endpoint| Endpoint { name: endpoint.name.clone(), required: !endpoint.optional });
        Ok(Self {
            framework,
            container,
            options: files.options.clone(),
            peer: endpoints(Role::Peers, peer::INTERFACE).next().map(|endpoint| endpoint.name.clone()),
            databases: databases.collect(),
        })
    }
}

/// The framework that `webcharm.yaml` names; without one, the one the containers show.
fn framework<'a>(containers: impl Iterator<Item = &'a str>, wanted: Option<&str>) -> Result<&'static Framework, Hold> {
    let names: Vec<_> = framework::ALL.iter().map(|framework| framework.name).collect();
    let names = names.join(", ");
    match wanted {
        Some(name) => Framework::named(name)
            .ok_or_else(|| Hold::blocked(format!("webcharm.yaml: framework {name:?} is none of: {names}"))),
        None => Framework::of_containers(containers).ok_or_else(|| {
            Hold::blocked(format!(
                "add a file webcharm.yaml with the line `framework: …` to the charm, one of: {names}"
            ))
        }),
    }
}

/// The charm's own switches, apart from the files Juju reads.
#[derive(Debug, Default, Deserialize)]
struct Switches {
    framework: Option<String>,
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
        let shape = switches(&context.charm_dir).and_then(|switches| Shape::of(&files, switches.framework.as_deref()));
        Ok(Self { shape })
    }

    fn observe(observers: &mut Observers<Self>) {
        observers.any(Self::reconcile);
    }
}

/// `webcharm.yaml`; a charm without one has no switches.
fn switches(charm_dir: &Path) -> Result<Switches, Hold> {
    let path = charm_dir.join("webcharm.yaml");
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(Switches::default()) };
    let switches: Result<Option<Switches>, _> = serde_yaml::from_str(&text);
    let switches = switches.map_err(|error| Hold::blocked(format!("cannot read webcharm.yaml: {error}")))?;
    Ok(switches.unwrap_or_default())
}

impl WebApp {
    fn reconcile(&mut self, event: &Event, juju: &Juju<'_>) -> Result<Outcome, Error> {
        match &self.shape {
            Ok(shape) => reconcile(event, juju, shape)?,
            Err(hold) => {
                juju.set_status(Whose::Unit, &Status::blocked(hold.message.clone()))?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn reconcile(event: &Event, juju: &Juju<'_>, shape: &Shape) -> Result<(), Error> {
    let asked = asked::by(event, shape);
    if asked == Asked::Nothing {
        return Ok(());
    }
    let pebble = pebble::blocking::Client::new(juju.context.pebble_socket(&shape.container));
    let seed = random()?;
    Ok(pipeline::run(asked, juju, &pebble, shape, &mut || seed)?)
}

/// The bytes of a new key, drawn once: the stages only ever use them.
fn random() -> Result<[u8; 64], Error> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}
