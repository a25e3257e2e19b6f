//! MySQL, by MariaDB: a user for each relation, and the database that the relation requests.
//!
//! MariaDB speaks MySQL's protocol and takes its URLs. A database outlives its relation, as with the charm of a cluster.

mod name;
mod server;

use interfaces::database::client::Request;
use interfaces::mysql;
use juju::{RelationId, Role, View};

use super::accounts::{self, Accounts};
use super::database::{self, User};
use super::relations::answers;
use super::{Answer, Error, Host, Provider, Relation, Serve, Source, process};
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
    source: Source::Debian(&server::TOOLS),
    role: Role::Provides,
    is_stand_in: false,
    is_suggested: true,
    is_awaited: true,
    is_scalable: false,
    start: |host| Ok(Box::new(Mysql::start(host)?)),
};

/// Port of MySQL in a cluster.
const PORT: u16 = 3306;

/// A running MariaDB and the accounts in it.
#[derive(Debug)]
struct Mysql {
    server: Server,
    users: Accounts<User>,
}

impl Mysql {
    fn start(host: &Host<'_>) -> Result<Self, process::Error> {
        Ok(Self { server: Server::start(host)?, users: Accounts::default() })
    }

    fn way(&self, host: &Host<'_>) -> Neighbor {
        host.way(host.service(&format!("{}-primary", MYSQL.app)), host.port(PORT), self.server.socket())
    }

    /// The user of a relation, created on first use.
    fn user(&mut self, id: RelationId, database: &DatabaseName, host: &Host<'_>) -> Result<User, Error> {
        let server = &self.server;
        self.users.have(id, || {
            let name = format!("relation-{id}");
            let password = accounts::password().map_err(process::file(MYSQL.title, "draw a password"))?;
            server.create(&name, &password, database, host.ui)?;
            Ok(User { database: database.text().to_owned(), name, password })
        })
    }
}

impl Serve for Mysql {
    fn ways(&self, host: &Host<'_>) -> Vec<Neighbor> {
        vec![self.way(host)]
    }

    fn revive(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        Ok(self.server.revive(host.ui)?)
    }

    fn answer(&mut self, relations: &[Relation], host: &Host<'_>) -> Result<Vec<Answer>, Error> {
        for user in self.users.take_gone(relations) {
            self.server.drop_user(&user.name, host.ui)?;
        }
        let way = self.way(host);
        Ok(answers(relations, |Relation { view, .. }| {
            let Some((request, name)) = request(view)? else { return Ok(None) };
            let account = self.user(view.id, &name, host)?.account(&way, Some(self.server.version()));
            Ok(Some(request.answer(view, &account)))
        }))
    }

    fn rotate(&mut self, host: &Host<'_>) -> Result<bool, Error> {
        let server = &self.server;
        self.users.renew(|user| {
            let password = accounts::password().map_err(process::file(MYSQL.title, "draw a password"))?;
            server.set_password(&user.name, &password, host.ui)?;
            Ok::<_, process::Error>(User { password, ..user.clone() })
        })?;
        Ok(true)
    }
}

/// The request of a relation, and the name of its database.
fn request(view: &View) -> Result<Option<(Request, DatabaseName)>, Error> {
    let Some(request) = database::request(view)? else { return Ok(None) };
    let name = DatabaseName::new(request.database()).map_err(|why| database::refused_name(view, &request, why))?;
    if !request.roles().is_empty() {
        let why = "MariaDB has no roles here: a user may do everything in its database";
        return Err(database::refused_roles(view, &request, why));
    }
    Ok(Some((request, name)))
}
