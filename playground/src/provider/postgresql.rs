//! PostgreSQL: a user for each relation, and the database that the relation requests; a primary and its replicas.
//!
//! As with the charm of a cluster, a database outlives its relation: an application that is integrated again finds its rows.
//! So each database has a role that owns all that its users make, in whose name every session of theirs begins; a user can
//! be dropped at any time. A user with roles of its own (`extra-user-roles`) begins as itself, or the roles would not hold;
//! what it made goes to the databases' owners when it is dropped.
//!
//! Clients write at the name of the primary and read at that of the replicas, whichever units these are. When the primary leaves,
//! a replica takes over with all that it wrote; a primary whose process ends is started again, as by Patroni.

mod cluster;
mod debian;
mod name;
mod npm;
mod programs;
mod roles;
mod sql;
mod tls;

use std::collections::BTreeMap;

use interfaces::database::client::Request;
use interfaces::postgresql::{self, provider::Account};
use juju::{RelationId, Role, View};

use super::accounts::Accounts;
use super::database::{self, User};
use super::process;
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, ServerCertificate, Source, UnitDetails};
use crate::pod::Neighbor;
use crate::ui::Ui;
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
    is_scalable: true,
    start: |host| Ok(Box::new(Postgresql::start(host)?)),
};

/// True if this machine has its programs.
pub(super) fn is_installed() -> bool {
    programs::find().is_some()
}

/// Port of PostgreSQL in a cluster.
const PORT: u16 = 5432;

/// The running servers and the accounts in them.
#[derive(Debug)]
struct Postgresql {
    primary: Cluster,
    replicas: BTreeMap<u32, Cluster>,
    users: Accounts<User>,
    /// Their certificate, if they speak TLS.
    certificate: Option<ServerCertificate>,
}

impl Postgresql {
    fn start(host: &Host<'_>) -> Result<Self, cluster::Error> {
        let primary = Cluster::start(&host.unit_dir(0), host.ui)?;
        Ok(Self { primary, replicas: BTreeMap::new(), users: Accounts::default(), certificate: None })
    }

    fn servers(&self) -> impl Iterator<Item = &Cluster> {
        std::iter::once(&self.primary).chain(self.replicas.values())
    }

    /// The user of a relation, created on first use.
    fn user(&mut self, id: RelationId, database: &DatabaseName, roles: &Roles) -> Result<User, cluster::Error> {
        let cluster = &self.primary;
        self.users.have(id, || {
            let (name, password) = (format!("relation_{id}"), cluster::password()?);
            cluster.create(&name, &password, database, roles)?;
            Ok(User { database: database.text().to_owned(), name, password })
        })
    }

    /// The user's account as it is published: with a connection string.
    fn account(&self, user: User, host: &Host<'_>) -> Account {
        let User { database, name, password } = &user;
        let way = host.way(primary_service(host), host.port(PORT), self.primary.way_in());
        let uris = interfaces::uri::build("postgresql", name, password, &way.place(), database);
        let ca = self.certificate.as_ref().map(|certificate| certificate.ca.clone());
        let read_only_endpoints = read_only(host, self.replicas.len());
        let account = user.account(&way, Some(self.primary.version()));
        Account { uris: Some(uris), read_only_endpoints, tls: Some(ca.is_some()), tls_ca: ca, ..account }
    }

    /// Turns TLS on or off in all servers.
    fn switch_tls(&mut self, certificate: Option<&ServerCertificate>, ui: &Ui) -> Result<(), cluster::Error> {
        let mut servers = std::iter::once(&mut self.primary).chain(self.replicas.values_mut());
        servers.try_for_each(|server| match certificate {
            Some(certificate) => server.turn_tls_on(certificate, ui),
            None => server.turn_tls_off(ui),
        })
    }

    /// Has the first replica without those in `leaving` take over from the primary, which ends.
    fn hand_over(&mut self, leaving: &[u32], ui: &Ui) -> Result<(), cluster::Error> {
        let Some(heir) = self.replicas.keys().copied().find(|number| !leaving.contains(number)) else { return Ok(()) };
        let Some(mut heir) = self.replicas.remove(&heir) else { return Ok(()) };
        // A primary that has ended has nothing to hand over.
        if let Ok(position) = self.primary.end_writes() {
            // A replica that doesn't get there takes over with what it has.
            let _ = heir.await_writes(&position, ui);
        }
        let promoted = heir.promote();
        ui.step(&format!("{}/{} is the primary now", POSTGRESQL.app, heir.number()));
        self.primary = heir;
        let others = self.replicas.iter().filter(|(number, _)| !leaving.contains(number));
        let followed =
            others.map(|(_, other)| other.follow_other(self.primary.number())).collect::<Result<Vec<()>, _>>();
        promoted.and(followed.map(drop))
    }
}

impl Serve for Postgresql {
    /// The primary's name, that of the replicas, and one for each unit.
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        let way = |server: &Cluster, name| host.way_to(server.number(), name, host.port(PORT), server.way_in());
        let primary = way(&self.primary, primary_service(host));
        let replicas = self.replicas.values().map(|server| way(server, replicas_service(host)));
        let units = self.servers().map(|server| way(server, host.unit(server.number())));
        std::iter::once(primary).chain(replicas).chain(units).collect()
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let network = process::network_of(self.replicas.values_mut().map(|server| &mut server.process));
        let mut any = self.primary.revive(network, host.ui)?;
        let network = self.primary.process.network();
        for replica in self.replicas.values_mut() {
            any |= replica.revive(network, host.ui)?;
        }
        Ok(any)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for user in self.users.take_gone(relations) {
            self.primary.drop_user(&user.name)?;
            self.replicas.values().try_for_each(|replica| replica.end_sessions(&user.name))?;
        }
        Ok(answers(relations, |Relation { view, .. }| {
            let Some((request, name, roles)) = request(view)? else { return Ok(None) };
            let user = self.user(view.id, &name, &roles)?;
            Ok(Some(request.answer(view, &self.account(user, host))))
        }))
    }

    fn rotate(&mut self, _: &Host<'_>) -> Result<bool, Error> {
        let (cluster, replicas) = (&self.primary, &self.replicas);
        self.users.renew(|user| {
            let password = cluster::password()?;
            cluster.set_password(&user.name, &password)?;
            replicas.values().try_for_each(|replica| replica.end_sessions(&user.name))?;
            Ok::<_, cluster::Error>(User { password, ..user.clone() })
        })?;
        Ok(true)
    }

    fn certify(&mut self, certificate: Option<&ServerCertificate>, host: &Host<'_>) -> Result<(), Error> {
        if self.certificate.take().is_some() {
            self.switch_tls(None, host.ui)?;
        }
        if let Some(certificate) = certificate {
            if let Err(error) = self.switch_tls(Some(certificate), host.ui) {
                // A server that waits for TLS, and can't speak it, would let nobody in.
                self.switch_tls(None, host.ui)?;
                return Err(error.into());
            }
            self.certificate = Some(certificate.clone());
        }
        host.ui.step(&super::tls::told(POSTGRESQL.title, certificate.is_some()));
        Ok(())
    }

    /// Applications are told the primary's name, and that of the replicas if there are any.
    fn relocate(&mut self, host: &Host<'_>) -> Result<Vec<String>, Error> {
        Ok(self.ways(host).first().map(Neighbor::place).into_iter().collect())
    }

    fn add_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        host.ui.step("copying PostgreSQL for replicas");
        let certificate = self.certificate.as_ref();
        let started = numbers.iter().map(|number| {
            let dir = host.unit_dir(*number);
            Ok((*number, Cluster::follow(*number, &dir, &self.primary, certificate, host.ui)?))
        });
        let started = started.collect::<Result<BTreeMap<_, _>, cluster::Error>>()?;
        self.replicas.extend(started);
        Ok(())
    }

    fn remove_units(&mut self, numbers: &[u32], host: &Host<'_>) -> Result<(), Error> {
        let leaves = numbers.contains(&self.primary.number());
        let handed_over = if leaves { self.hand_over(numbers, host.ui) } else { Ok(()) };
        self.replicas.retain(|number, _| !numbers.contains(number));
        Ok(handed_over?)
    }

    fn units(&self) -> BTreeMap<u32, UnitDetails> {
        let role = |number: u32| if number == self.primary.number() { "primary" } else { "replica" };
        let several = self.servers().filter(|_| !self.replicas.is_empty());
        several.map(|server| (server.number(), UnitDetails { role: role(server.number()), url: None })).collect()
    }
}

fn primary_service(host: &Host<'_>) -> String {
    host.service(&format!("{}-primary", POSTGRESQL.app))
}

fn replicas_service(host: &Host<'_>) -> String {
    host.service(&format!("{}-replicas", POSTGRESQL.app))
}

/// The endpoint at which clients only read, if there are replicas.
fn read_only(host: &Host<'_>, replicas: usize) -> Vec<String> {
    (replicas > 0).then(|| format!("{}:{}", replicas_service(host), host.port(PORT))).into_iter().collect()
}

/// The request of a relation, the name of its database, and its user's roles.
fn request(view: &View) -> Result<Option<(Request, DatabaseName, Roles)>, Error> {
    let Some(request) = database::request(view)? else { return Ok(None) };
    let name = DatabaseName::new(request.database()).map_err(|why| database::refused_name(view, &request, why))?;
    let roles = Roles::new(request.roles()).map_err(|why| database::refused_roles(view, &request, why))?;
    Ok(Some((request, name, roles)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn replicas_have_an_endpoint_of_their_own_which_moves_with_the_server() {
        let ui = Ui::new(Arc::default(), Path::new("/nowhere"));
        let dir = "/nowhere/postgresql".into();
        let host = Host { provider: &POSTGRESQL, dir, model: "m", number: 1, moves: 0, network: 0, ui: &ui };
        assert_eq!(read_only(&host, 0), [""; 0]);
        assert_eq!(read_only(&host, 2), ["postgresql-k8s-replicas.m.svc.cluster.local:5432"]);
        let moved = Host { moves: 1, ..host };
        assert_eq!(read_only(&moved, 1), ["postgresql-k8s-replicas-2.m.svc.cluster.local:15432"]);
    }
}
