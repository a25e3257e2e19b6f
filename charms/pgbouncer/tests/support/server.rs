//! PostgreSQL for tests of the flows: a list of roles and databases, and the statements that were run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use pgbouncer::{Backend, Catalogue, Session, SqlError};

use super::killer::Killer;
use super::scram;

/// A server.
#[derive(Debug, Default)]
pub(crate) struct Server {
    /// True to refuse all connections.
    pub(crate) is_away: bool,
    /// Text of a statement that the server refuses.
    pub(crate) refuses: Option<String>,
    pub(crate) roles: BTreeSet<String>,
    pub(crate) databases: BTreeSet<String>,
    /// Database and text of each statement but the trivial one.
    pub(crate) statements: Vec<(String, String)>,
    /// Verifiers of the roles' passwords.
    verifiers: BTreeMap<String, String>,
    killer: Arc<Killer>,
}

static SERVERS: Mutex<BTreeMap<String, Server>> = Mutex::new(BTreeMap::new());

fn servers() -> MutexGuard<'static, BTreeMap<String, Server>> {
    SERVERS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Server {
    /// Starts a server of that host name, which is a test's own.
    pub(crate) fn start(host: &str, killer: &Arc<Killer>) {
        let databases = BTreeSet::from(["postgres".to_owned(), "pgbouncer".to_owned()]);
        let killer = Arc::clone(killer);
        servers().insert(host.to_owned(), Server { databases, killer, ..Server::default() });
    }

    /// True if that role logs in with that password.
    pub(crate) fn lets_in(host: &str, role: &str, password: &str) -> bool {
        let verifier = Self::with(host, |server| server.verifiers.get(role).cloned());
        verifier.is_some_and(|verifier| scram::verifies(&verifier, password))
    }

    /// A call is a step of the hook.
    fn step(host: &str, name: &str) {
        let killer = servers().get(host).map(|server| Arc::clone(&server.killer));
        if let Some(killer) = killer {
            killer.step(name);
        }
    }

    /// Works on a server.
    pub(crate) fn with<T>(host: &str, work: impl FnOnce(&mut Server) -> T) -> T {
        work(servers().get_mut(host).expect("a server of that name was started"))
    }

    /// Opens a session.
    pub(crate) fn open(backend: &Backend, database: &str) -> Result<Box<dyn Session>, SqlError> {
        let host = backend.primary.host.clone();
        Self::step(&host, "connect");
        let is_there =
            servers().get(&host).is_some_and(|server| !server.is_away && server.databases.contains(database));
        if is_there { Ok(Box::new(FakeSession { host, database: database.to_owned() })) } else { Err(SqlError::Away) }
    }

    fn run(&mut self, database: &str, statement: &str) -> Result<(), SqlError> {
        if self.is_away || self.refuses.as_ref().is_some_and(|text| statement.contains(text)) {
            return Err(SqlError::Away);
        }
        if statement != "SELECT 1" {
            self.statements.push((database.to_owned(), statement.to_owned()));
        }
        if let Some((_, verifier)) = statement.split_once(" LOGIN PASSWORD ") {
            let role = statement.split('"').nth(1).unwrap_or_default();
            self.verifiers.insert(role.to_owned(), verifier.trim_matches('\'').to_owned());
        }
        let name = |rest: &str| rest.split('"').nth(1).unwrap_or_default().to_owned();
        if let Some(rest) = statement.strip_prefix("CREATE ROLE ") {
            self.roles.insert(name(rest));
        } else if let Some(rest) = statement.strip_prefix("DROP ROLE ") {
            self.roles.remove(&name(rest));
        } else if let Some(rest) = statement.strip_prefix("CREATE DATABASE ") {
            self.databases.insert(name(rest));
        }
        Ok(())
    }
}

struct FakeSession {
    host: String,
    database: String,
}

impl Session for FakeSession {
    fn run(&mut self, statements: &str) -> Result<(), SqlError> {
        Server::step(&self.host, statements);
        Server::with(&self.host, |server| server.run(&self.database, statements))
    }

    fn has(&mut self, catalogue: Catalogue, name: &str) -> Result<bool, SqlError> {
        Server::step(&self.host, name);
        Server::with(&self.host, |server| match catalogue {
            _ if server.is_away => Err(SqlError::Away),
            Catalogue::Roles => Ok(server.roles.contains(name)),
            Catalogue::Databases => Ok(server.databases.contains(name)),
        })
    }
}
