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
mod tls;

use interfaces::database::client::Request;
use interfaces::postgresql::{self, provider::Account};
use juju::{RelationId, Role, View};

use super::accounts::Accounts;
use super::database::{self, User};
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, ServerCertificate, Source};
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
    source: Source::Postgresql("postgresql"),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Postgresql::start(host)?)),
};

/// True if this machine has its programs.
pub(super) fn is_installed() -> bool {
    programs::find().is_some()
}

/// Port of PostgreSQL in a cluster.
const PORT: u16 = 5432;

/// A running PostgreSQL and the accounts in it.
#[derive(Debug)]
struct Postgresql {
    cluster: Cluster,
    users: Accounts<User>,
    /// Certificate of its authority, if it speaks TLS.
    ca: Option<String>,
}

impl Postgresql {
    fn start(host: &Host<'_>) -> Result<Self, cluster::Error> {
        Ok(Self { cluster: Cluster::start(&host.dir, host.ui)?, users: Accounts::default(), ca: None })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        let name = host.service(&format!("{}-primary", POSTGRESQL.app));
        host.way(name, host.port(PORT), self.cluster.way_in())
    }

    /// The user of a relation, created on first use.
    fn user(&mut self, id: RelationId, database: &DatabaseName, roles: &Roles) -> Result<User, cluster::Error> {
        let cluster = &self.cluster;
        self.users.have(id, || {
            let (name, password) = (format!("relation_{id}"), cluster::password()?);
            cluster.create(&name, &password, database, roles)?;
            Ok(User { database: database.text().to_owned(), name, password })
        })
    }

    /// The user's account as it is published: with a connection string.
    fn account(&self, user: User, way: &Neighbor) -> Account {
        let User { database, name, password } = &user;
        let uris = interfaces::uri::build("postgresql", name, password, &way.place(), database);
        let (tls, tls_ca) = (Some(self.ca.is_some()), self.ca.clone());
        Account { uris: Some(uris), tls, tls_ca, ..user.account(way, Some(self.cluster.version())) }
    }
}

impl Serve for Postgresql {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        Ok(self.cluster.revive(host.ui)?)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for user in self.users.take_gone(relations) {
            self.cluster.drop_user(&user.name)?;
        }
        let way = self.way(host);
        Ok(answers(relations, |Relation { view, .. }| {
            let Some((request, name, roles)) = request(view)? else { return Ok(None) };
            let user = self.user(view.id, &name, &roles)?;
            Ok(Some(request.answer(view, &self.account(user, &way))))
        }))
    }

    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        let cluster = &self.cluster;
        self.users.renew(|user| {
            let password = cluster::password()?;
            cluster.set_password(&user.name, &password)?;
            Ok::<_, cluster::Error>(User { password, ..user.clone() })
        })?;
        Ok(true)
    }

    fn certify(&mut self, certificate: Option<&ServerCertificate>, host: &Host<'_>) -> Result<(), Error> {
        if self.ca.is_some() {
            self.cluster.turn_tls_off(host.ui)?;
            self.ca = None;
        }
        if let Some(certificate) = certificate {
            if let Err(error) = self.cluster.turn_tls_on(certificate, host.ui) {
                // A server that waits for TLS, and can't speak it, would let nobody in.
                self.cluster.turn_tls_off(host.ui)?;
                return Err(error.into());
            }
            self.ca = Some(certificate.ca.clone());
        }
        host.ui.step(&super::tls::told(POSTGRESQL.title, certificate.is_some()));
        Ok(())
    }
}

/// The request of a relation, the name of its database, and its user's roles.
fn request(view: &View) -> Result<Option<(Request, DatabaseName, Roles)>, Error> {
    let Some(request) = database::request(view)? else { return Ok(None) };
    let name = DatabaseName::new(request.database()).map_err(|why| database::refused_name(view, &request, why))?;
    let roles = Roles::new(request.roles()).map_err(|why| database::refused_roles(view, &request, why))?;
    Ok(Some((request, name, roles)))
}
