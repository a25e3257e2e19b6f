//! The applications on the other side of an integration: real servers, driven by the provider's half of their interface.
//!
//! The model has them as applications without a charm. A server is started when it is first integrated with, and lives
//! until the model ends. [`Providers::reconcile`] compares what relations ask for with what has been made, and does the rest.

pub mod postgresql;
mod publish;

use std::path::PathBuf;

use juju::{Databag, Endpoint, Entity, RelationId, Role, View};
use juju_testing::{Model, ModelError, RelationInfo, Server, endpoint};

use crate::pod::Neighbor;
use crate::ui::Ui;
use postgresql::Postgresql;

/// What can be integrated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// PostgreSQL.
    Postgresql,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Postgresql];

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
            Self::Postgresql => "postgresql-k8s",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::Postgresql => "postgresql",
        }
    }

    /// The interface it provides.
    #[must_use]
    pub fn interface(self) -> &'static str {
        match self {
            Self::Postgresql => interfaces::postgresql::INTERFACE,
        }
    }

    fn endpoint(self) -> Endpoint {
        let name = match self {
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
    /// What it says can't be written into the model.
    #[error("cannot answer in relation {relation}")]
    Answer {
        /// The relation.
        relation: RelationId,
        /// Why not.
        #[source]
        source: publish::Error,
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
    postgresql: Option<Postgresql>,
    is_over: bool,
}

impl Providers {
    /// None yet; their files will be in the folder `dir`.
    #[must_use]
    pub fn new(dir: PathBuf, ui: Ui) -> Self {
        Self { dir, ui, postgresql: None, is_over: false }
    }

    /// Starts the server, unless it runs, and says how pods reach it.
    ///
    /// # Errors
    /// When it is not installed, or can't be started.
    pub fn start(&mut self, kind: Kind, model: &str) -> Result<Neighbor, Error> {
        if self.is_over {
            return Err(Error::Ending);
        }
        match kind {
            Kind::Postgresql => {
                let running = self.postgresql.take().filter(Postgresql::is_running);
                let server = match running {
                    Some(server) => server,
                    None => Postgresql::start(&self.dir.join(kind.short()), model, &self.ui)?,
                };
                Ok(self.postgresql.insert(server).neighbor().clone())
            }
        }
    }

    /// Answers the relations that have asked for something, and forgets those that are gone. Says whether anything has
    /// been written that a charm has to be told of.
    ///
    /// # Errors
    /// When a server refuses.
    pub fn reconcile(&mut self, server: &Server) -> Result<bool, Error> {
        match &mut self.postgresql {
            Some(postgresql) => postgresql.reconcile(server),
            None => Ok(false),
        }
    }

    /// Ends all servers, for good.
    pub fn end(&mut self) {
        self.is_over = true;
        self.postgresql = None;
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
