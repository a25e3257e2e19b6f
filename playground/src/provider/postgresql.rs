//! PostgreSQL as an application of the model: for each relation a user, and the database it asks for.
//!
//! As with the charm of a cluster, a database outlives its relation: integrated again, an application finds its rows. So
//! what a user makes belongs to a role of the database's own, in whose name every session of its users begins, and a user
//! can be dropped at any time.

mod cluster;
mod debian;
mod name;
mod npm;
mod programs;
mod sql;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use interfaces::postgresql::provider::{self, Account, Requested};
use juju::{RelationId, Secret, View};
use juju_testing::Server;

use super::publish::{Labels, publish};
use super::{Kind, asked, relations_of, view};
use crate::pod::Neighbor;
use crate::ui::Ui;
use cluster::Cluster;
pub use cluster::Error;
use name::DatabaseName;

/// The port of PostgreSQL in a cluster.
const PORT: u16 = 5432;

/// The address at which pods see it.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);

/// A running PostgreSQL and what it has been asked for.
#[derive(Debug)]
pub struct Postgresql {
    cluster: Cluster,
    neighbor: Neighbor,
    accounts: BTreeMap<RelationId, Account>,
    labels: Labels,
}

impl Postgresql {
    /// Starts it in the folder `dir`, which is made, for the model of that name.
    ///
    /// # Errors
    /// When it is not installed, or doesn't start.
    pub(super) fn start(dir: &Path, model: &str, ui: &Ui) -> Result<Self, Error> {
        let cluster = Cluster::start(dir, ui)?;
        let name = format!("{}-primary.{model}.svc.cluster.local", Kind::Postgresql.app());
        let neighbor = Neighbor { name, address: ADDRESS, port: PORT, socket: cluster.socket() };
        Ok(Self { cluster, neighbor, accounts: BTreeMap::new(), labels: Labels::new() })
    }

    pub(super) fn is_running(&self) -> bool {
        self.cluster.is_running()
    }

    /// See [`super::Providers::revive`].
    pub(super) fn revive(&self, ui: &Ui) -> Result<bool, Error> {
        self.cluster.revive(ui)
    }

    pub(super) fn neighbor(&self) -> &Neighbor {
        &self.neighbor
    }

    /// See [`super::Providers::reconcile`].
    pub(super) fn reconcile(&mut self, server: &Server) -> Result<bool, super::Error> {
        let app = Kind::Postgresql.app();
        let views = server.with(|model| {
            let relations = relations_of(model, app).into_iter();
            relations.map(|relation| (relation.is_dying, view(model, &relation, app))).collect::<Vec<_>>()
        });
        self.forget(&views.iter().map(|(_, view)| view.id).collect::<Vec<_>>(), server)?;
        let (mut is_news, mut refused) = (false, None);
        for (_, view) in views.iter().filter(|(is_dying, _)| !is_dying) {
            let relation = view.id;
            let (request, name) = match wanted(view) {
                Ok(Some(wanted)) => wanted,
                Ok(None) => continue,
                Err(error) => {
                    refused.get_or_insert(error);
                    continue;
                }
            };
            let account = self.account(relation, &name)?;
            let changes = provider::answer(view, &request, &account);
            is_news |= server
                .with(|model| publish(model, app, relation, &changes, &mut self.labels))
                .map_err(|source| super::Error::Answer { relation, source })?;
        }
        refused.map_or(Ok(is_news), Err)
    }

    /// The account of a relation, made if there is none.
    fn account(&mut self, id: RelationId, name: &DatabaseName) -> Result<Account, Error> {
        if let Some(account) = self.accounts.get(&id) {
            return Ok(account.clone());
        }
        let (username, password) = (format!("relation_{id}"), cluster::password()?);
        self.cluster.create(&username, &password, name)?;
        let endpoint = format!("{}:{PORT}", self.neighbor.name);
        let account = Account {
            database: name.text().to_owned(),
            uris: Some(uri(&username, &password, &endpoint, name.text())),
            username,
            password,
            read_only_endpoints: Vec::new(),
            endpoints: vec![endpoint],
            tls: Some(false),
            replset: None,
            version: Some(self.cluster.version().to_owned()),
        };
        self.accounts.insert(id, account.clone());
        Ok(account)
    }

    /// Takes away what was made for relations that are gone.
    fn forget(&mut self, present: &[RelationId], server: &Server) -> Result<(), Error> {
        let gone: Vec<_> = self.accounts.keys().copied().filter(|id| !present.contains(id)).collect();
        for id in gone {
            if let Some(account) = self.accounts.remove(&id) {
                self.cluster.drop_user(&account.username)?;
            }
            let prefix = format!("{}.{id}.", Kind::Postgresql.endpoint().name);
            let labels: Vec<_> = self.labels.keys().filter(|label| label.starts_with(&prefix)).cloned().collect();
            for label in labels {
                if let Some(secret) = self.labels.remove(&label) {
                    // One that the model has lost already is gone as well.
                    let _ = server.with(|model| model.remove_secret(&secret));
                }
            }
        }
        Ok(())
    }
}

/// What a relation asks for, and the database's name in it.
fn wanted(view: &View) -> Result<Option<(Requested, DatabaseName)>, super::Error> {
    let Some(request) = asked(view.id, provider::read(view))? else { return Ok(None) };
    let refused =
        |why: &str| super::Error::Refused { relation: view.id, key: "database".to_owned(), why: why.to_owned() };
    let name = DatabaseName::new(&request.database).map_err(refused)?;
    Ok(Some((request, name)))
}

fn uri(username: &str, password: &Secret, endpoint: &str, database: &str) -> Secret {
    interfaces::uri::build("postgresql", username, password, endpoint, database)
}
