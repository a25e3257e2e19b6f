//! PostgreSQL: a user for each relation, and the database that the relation requests.
//!
//! As with the charm of a cluster, a database outlives its relation: an application that is integrated again finds its rows.
//! So each database has a role that owns all that its users make, in whose name every session of theirs begins; a user can
//! be dropped at any time. A user with roles of its own (`extra-user-roles`) begins as itself, or the roles would not hold;
//! what it made goes to the databases' owners when it is dropped.

mod cluster;
mod debian;
mod name;
mod npm;
mod programs;
mod roles;
mod sql;

use interfaces::postgresql::{
    self,
    provider::{self, Account, Requested},
};
use juju::{RelationId, Role, View};

use super::accounts::Accounts;
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve};
use crate::pod::Neighbor;
use cluster::Cluster;
use name::DatabaseName;
use roles::Roles;

/// PostgreSQL. Where Debian's package can't be installed, its programs come from npm.
pub(super) const POSTGRESQL: Provider = Provider {
    name: "postgresql",
    title: "PostgreSQL",
    app: "postgresql-k8s",
    endpoint: "database",
    interface: postgresql::INTERFACE,
    package: "postgresql",
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    start: |host| Ok(Box::new(Postgresql::start(host)?)),
};

/// Port of PostgreSQL in a cluster.
const PORT: u16 = 5432;

/// A running PostgreSQL and the accounts in it.
#[derive(Debug)]
struct Postgresql {
    cluster: Cluster,
    neighbor: Neighbor,
    accounts: Accounts<Account>,
}

impl Postgresql {
    fn start(host: &Host<'_>) -> Result<Self, cluster::Error> {
        let cluster = Cluster::start(&host.dir, host.ui)?;
        let name = format!("{}-primary.{}.svc.cluster.local", host.provider.app, host.model);
        let neighbor = Neighbor { name, address: host.address, port: PORT, socket: cluster.socket() };
        Ok(Self { cluster, neighbor, accounts: Accounts::default() })
    }

    /// The account of a relation, created on first use.
    fn account(&mut self, id: RelationId, name: &DatabaseName, roles: &Roles) -> Result<Account, cluster::Error> {
        let (cluster, endpoint) = (&self.cluster, format!("{}:{PORT}", self.neighbor.name));
        self.accounts.have(id, || {
            let (username, password) = (format!("relation_{id}"), cluster::password()?);
            cluster.create(&username, &password, name, roles)?;
            Ok(Account {
                database: name.text().to_owned(),
                uris: Some(interfaces::uri::build("postgresql", &username, &password, &endpoint, name.text())),
                username,
                password,
                read_only_endpoints: Vec::new(),
                endpoints: vec![endpoint],
                tls: Some(false),
                tls_ca: None,
                replset: None,
                version: Some(cluster.version().to_owned()),
            })
        })
    }
}

impl Serve for Postgresql {
    fn neighbor(&self) -> Option<&Neighbor> {
        Some(&self.neighbor)
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        Ok(self.cluster.revive(host.ui)?)
    }

    fn answer(&mut self, relations: &[Relation], _: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for account in self.accounts.take_gone(relations) {
            self.cluster.drop_user(&account.username)?;
        }
        Ok(answers(relations, |Relation { view, .. }| {
            let Some((request, name, roles)) = request(view)? else { return Ok(None) };
            let account = self.account(view.id, &name, &roles)?;
            Ok(Some(provider::answer(view, &request, &account)))
        }))
    }
}

/// The request of a relation, the name of its database, and its user's roles.
fn request(view: &View) -> Result<Option<(Requested, DatabaseName, Roles)>, Error> {
    let Some(request) = requested(view.id, provider::read(view))? else { return Ok(None) };
    let refused = |key: &str, why: &str| Error::Refused { relation: view.id, key: key.to_owned(), why: why.to_owned() };
    let name = DatabaseName::new(&request.database).map_err(|why| refused("database", why))?;
    let roles = Roles::new(&request.extra_user_roles).map_err(|why| refused("extra-user-roles", why))?;
    Ok(Some((request, name, roles)))
}
