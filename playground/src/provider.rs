//! The applications on the other side of an integration: real servers, driven by the provider's half of their interface.
//!
//! The model has them as applications without a charm. A server is started when it is first integrated with, and lives
//! until the model ends. [`Providers::reconcile`] compares what relations ask for with what has been made, and does the rest.

pub mod ingress;
pub mod postgresql;
mod publish;
mod user;

use std::path::PathBuf;

use interfaces::Read;
use juju::{Databag, Endpoint, Entity, RelationId, Role, View};
use juju_testing::{Model, ModelError, RelationInfo, Server, endpoint};

use crate::pod::Neighbor;
use crate::ui::Ui;
use ingress::Ingress;
use postgresql::Postgresql;

/// What can be integrated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// PostgreSQL.
    Postgresql,
    /// nginx, in front of the application.
    Ingress,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Postgresql, Self::Ingress];

    /// The one that is meant by `name`: its charm's name, or that of what it provides.
    ///
    /// ```
    /// use playground::provider::Kind;
    /// assert_eq!(Kind::named("postgresql"), Kind::named("postgresql-k8s"));
    /// assert_eq!(Kind::named("flask-k8s"), None);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.app() == name || kind.short() == name)
    }

    /// The name of its application: that of the charm a cluster would have for it.
    #[must_use]
    pub fn app(self) -> &'static str {
        match self {
            Self::Ingress => "nginx-ingress-integrator",
            Self::Postgresql => "postgresql-k8s",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Postgresql => "postgresql",
        }
    }

    /// The interface it provides.
    #[must_use]
    pub fn interface(self) -> &'static str {
        match self {
            Self::Ingress => interfaces::ingress::INTERFACE,
            Self::Postgresql => interfaces::postgresql::INTERFACE,
        }
    }

    /// Whether it is a database, which an application that requires one doesn't start without.
    #[must_use]
    pub fn is_database(self) -> bool {
        self == Self::Postgresql
    }

    /// Its endpoint.
    pub(crate) fn endpoint(self) -> Endpoint {
        let name = match self {
            Self::Ingress => "ingress",
            Self::Postgresql => "database",
        };
        endpoint(name, Role::Provides, self.interface())
    }

    /// Makes sure that `model` has the application.
    ///
    /// # Errors
    /// Never, as long as nobody else adds applications of that name.
    pub fn deploy(self, model: &mut Model) -> Result<(), ModelError> {
        let is_there = model.applications().any(|name| name == self.app());
        if is_there { Ok(()) } else { model.add_application(self.app(), vec![self.endpoint()], 1) }
    }
}

/// Why a server doesn't serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL.
    #[error(transparent)]
    Postgresql(#[from] postgresql::Error),
    /// nginx.
    #[error(transparent)]
    Ingress(#[from] ingress::Error),
    /// What it says can't be written into the model.
    #[error("cannot answer in relation {relation}")]
    Answer {
        /// The relation.
        relation: RelationId,
        /// Why not.
        #[source]
        source: publish::Error,
    },
    /// An application asks for something that it can't have.
    #[error(
        "relation {relation}: the application's {key:?} can't be served: {why}; its charm has to ask for another, or \
         `webcharm remove-relation {relation}` ends it"
    )]
    Refused {
        /// The relation.
        relation: RelationId,
        /// The key of the databag, or what is made of several.
        key: String,
        /// What is wrong with its value, without the value.
        why: String,
    },
    /// The model is ending.
    #[error("the model is ending")]
    Ending,
}

/// The servers that run.
#[derive(Debug)]
pub struct Providers {
    dir: PathBuf,
    ui: Ui,
    ingress: Option<Ingress>,
    postgresql: Option<Postgresql>,
    /// The keeper of the pods' network.
    network: u32,
    is_over: bool,
}

impl Providers {
    /// None yet; their files will be in the folder `dir`.
    #[must_use]
    pub fn new(dir: PathBuf, ui: Ui) -> Self {
        Self { dir, ui, ingress: None, postgresql: None, network: 0, is_over: false }
    }

    /// Says which network the pods are in: servers that reach them are to be in it, too.
    pub fn set_network(&mut self, keeper: u32) {
        self.network = keeper;
    }

    /// Starts the server, unless it runs, and says how pods reach it, if they do.
    ///
    /// # Errors
    /// When it is not installed, or can't be started.
    pub fn start(&mut self, kind: Kind, model: &str) -> Result<Option<Neighbor>, Error> {
        if self.is_over {
            return Err(Error::Ending);
        }
        match kind {
            Kind::Ingress => {
                if self.ingress.is_none() {
                    self.ingress = Some(Ingress::start(&self.dir.join(kind.short()), self.network, &self.ui)?);
                }
                Ok(None)
            }
            Kind::Postgresql => {
                let running = self.postgresql.take().filter(Postgresql::is_running);
                let server = match running {
                    Some(server) => server,
                    None => Postgresql::start(&self.dir.join(kind.short()), model, &self.ui)?,
                };
                Ok(Some(self.postgresql.insert(server).neighbor().clone()))
            }
        }
    }

    /// Answers the relations that have asked for something, and forgets those that are gone. Says whether anything has
    /// been written that a charm has to be told of.
    ///
    /// # Errors
    /// When a server refuses, or an application asks for what it can't have; the others have been answered.
    pub fn reconcile(&mut self, server: &Server) -> Result<bool, Error> {
        let ingress = self.ingress.as_mut().map_or(Ok(false), |ingress| ingress.reconcile(server, &self.ui));
        let postgresql = self.postgresql.as_mut().map_or(Ok(false), |postgresql| postgresql.reconcile(server));
        Ok(ingress? | postgresql?)
    }

    /// Starts servers again that have ended by themselves. Says whether there were any.
    ///
    /// # Errors
    /// When one can't be started.
    pub fn revive(&mut self) -> Result<bool, Error> {
        let mut any = false;
        if self.is_over {
            return Ok(any);
        }
        if let Some(ingress) = &mut self.ingress {
            any |= ingress.revive(self.network, &self.ui)?;
        }
        if let Some(postgresql) = &self.postgresql {
            any |= postgresql.revive(&self.ui)?;
        }
        Ok(any)
    }

    /// Where what is behind a server is reached from this machine: the application's address at the ingress.
    #[must_use]
    pub fn url(&self, kind: Kind) -> Option<String> {
        match kind {
            Kind::Ingress => self.ingress.as_ref()?.url(),
            Kind::Postgresql => None,
        }
    }

    /// Ends all servers, for good.
    pub fn end(&mut self) {
        self.is_over = true;
        self.ingress = None;
        self.postgresql = None;
    }
}

/// What an application asks for, if it has asked.
///
/// # Errors
/// When it can't have it.
fn asked<T>(relation: RelationId, read: Read<T>) -> Result<Option<T>, Error> {
    match read {
        Read::Ready(request) => Ok(Some(request)),
        Read::Invalid { key, why } => Err(Error::Refused { relation, key, why }),
        Read::Waiting(_) | Read::Absent => Ok(None),
    }
}

/// The relations of an application.
fn relations_of(model: &Model, app: &str) -> Vec<RelationInfo> {
    model.relations().filter(|relation| relation.endpoint(app).is_some()).collect()
}

/// A relation as the application `app` sees it.
fn view(model: &Model, relation: &RelationInfo, app: &str) -> View {
    let bag = |entity: Entity| -> Databag { model.databag(relation.id, &entity).unwrap_or_default() };
    let mut view = View::empty(relation.endpoint(app).unwrap_or_default(), relation.id);
    let remote = relation.sides.iter().map(|(name, ..)| name).find(|name| *name != app);
    if let Some(remote) = remote {
        view.remote_app = bag(Entity::App(remote.clone()));
        let units = relation.members.iter().filter(|unit| unit.app() == remote);
        view.units = units.map(|unit| (unit.clone(), bag(Entity::Unit(unit.clone())))).collect();
    }
    view.app = remote.cloned();
    view.local_app = Some(bag(Entity::App(app.to_owned())));
    view
}
