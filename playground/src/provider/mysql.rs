//! MySQL, by MariaDB: a user for each relation, and the database that the relation requests.
//!
//! MariaDB speaks MySQL's protocol and takes its URLs. A database outlives its relation, as with the charm of a cluster.

mod name;
mod server;

use interfaces::mysql::{
    self,
    provider::{self, Account, Requested},
};
use juju::{RelationId, Role, View};

use super::accounts::{self, Accounts};
use super::relations::{answers, requested};
use super::{Answer, Error, Host, Provider, Relation, Serve, process};
use crate::pod::Neighbor;
use name::DatabaseName;
use server::Server;

/// MariaDB as MySQL.
pub(super) const MYSQL: Provider = Provider {
    name: "mysql",
    title: "MariaDB",
    app: "mysql-k8s",
    endpoint: "database",
    interface: mysql::INTERFACE,
    package: "mariadb-server",
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    start: |host| Ok(Box::new(Mysql::start(host)?)),
};

/// Port of MySQL in a cluster.
const PORT: u16 = 3306;

/// A running MariaDB and the accounts in it.
#[derive(Debug)]
struct Mysql {
    server: Server,
    neighbor: Neighbor,
    accounts: Accounts<Account>,
}

impl Mysql {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        let server = Server::start(host)?;
        let name = format!("{}-primary.{}.svc.cluster.local", host.provider.app, host.model);
        let neighbor = Neighbor { name, address: host.address, port: PORT, socket: server.socket() };
        Ok(Self { server, neighbor, accounts: Accounts::default() })
    }

    /// The account of a relation, created on first use.
    fn account(&mut self, id: RelationId, name: &DatabaseName, host: &Host<'_>) -> Result<Account, Error> {
        let (server, endpoint) = (&self.server, format!("{}:{PORT}", self.neighbor.name));
        self.accounts.have(id, || {
            let username = format!("relation-{id}");
            let password = accounts::password().map_err(process::file(MYSQL.title, "draw a password"))?;
            server.create(&username, &password, name, host.ui)?;
            Ok(Account {
                database: name.text().to_owned(),
                username,
                password,
                uris: None,
                endpoints: vec![endpoint],
                read_only_endpoints: Vec::new(),
                tls: Some(false),
                tls_ca: None,
                replset: None,
                version: Some(server.version().to_owned()),
            })
        })
    }
}

impl Serve for Mysql {
    fn neighbor(&self) -> Option<&Neighbor> {
        Some(&self.neighbor)
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        Ok(self.server.revive(host.ui)?)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for account in self.accounts.take_gone(relations) {
            self.server.drop_user(&account.username, host.ui)?;
        }
        Ok(answers(relations, |Relation { view, .. }| {
            let Some((request, name)) = request(view)? else { return Ok(None) };
            let account = self.account(view.id, &name, host)?;
            Ok(Some(provider::answer(view, &request, &account)))
        }))
    }
}

/// The request of a relation, and the name of its database.
fn request(view: &View) -> Result<Option<(Requested, DatabaseName)>, Error> {
    let Some(request) = requested(view.id, provider::read(view))? else { return Ok(None) };
    let refused = |key: &str, why: &str| Error::Refused { relation: view.id, key: key.to_owned(), why: why.to_owned() };
    let name = DatabaseName::new(&request.database).map_err(|why| refused("database", why))?;
    if !request.extra_user_roles.is_empty() {
        return Err(refused("extra-user-roles", "MariaDB has no roles here: a user may do everything in its database"));
    }
    Ok(Some((request, name)))
}
