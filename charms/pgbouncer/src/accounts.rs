//! Roles, databases and the look-up of passwords on the backend. Each step may be run again: a killed hook is.

use std::collections::BTreeSet;

use crate::backend::Backend;
use crate::names::DatabaseName;
use crate::postgres::{Catalogue, Session, SqlError};
use crate::sql;

/// Database for what concerns the whole server.
const MAINTENANCE: &str = "postgres";

/// Opens a session in a database of a backend.
pub type Open = fn(&Backend, &str) -> Result<Box<dyn Session>, SqlError>;

/// The backend's accounts, as far as they are this charm's.
#[derive(Clone, Copy)]
pub(crate) struct Accounts<'a> {
    pub(crate) backend: &'a Backend,
    pub(crate) open: Open,
}

/// A client's user, its database, and the roles that it asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client<'a> {
    pub(crate) user: &'a str,
    pub(crate) database: &'a DatabaseName,
    pub(crate) roles: &'a [String],
}

impl Accounts<'_> {
    fn session(&self, database: &str) -> Result<Box<dyn Session>, SqlError> {
        (self.open)(self.backend, database)
    }

    /// Checks that the backend answers a trivial query.
    pub(crate) fn check(&self) -> Result<(), SqlError> {
        self.session(MAINTENANCE)?.run("SELECT 1")
    }

    /// Makes the auth user, and its look-up in the backend's database, in `postgres`, and in every client database.
    pub(crate) fn set_up(&self, verifier: &str, clients: &BTreeSet<DatabaseName>) -> Result<(), SqlError> {
        let auth_user = self.backend.auth_user();
        let mut session = self.session(MAINTENANCE)?;
        have_role(&mut *session, &auth_user, verifier)?;
        for database in self.databases(&mut *session, clients)? {
            let mut session = self.session(&database)?;
            session.run(&sql::grant_connect(&database, &auth_user))?;
            session.run(&sql::install_auth(&auth_user))?;
        }
        Ok(())
    }

    /// Takes the look-up and the auth user away.
    pub(crate) fn tear_down(&self, clients: &BTreeSet<DatabaseName>) -> Result<(), SqlError> {
        let auth_user = self.backend.auth_user();
        let mut session = self.session(MAINTENANCE)?;
        for database in self.databases(&mut *session, clients)? {
            self.uninstall(&database)?;
        }
        session.run(&sql::drop_role(&auth_user))
    }

    /// Makes a client's database unless it exists, and its user with a new password.
    pub(crate) fn make_client(&self, client: &Client<'_>, verifier: &str) -> Result<(), SqlError> {
        let database = client.database.as_str();
        let mut session = self.session(MAINTENANCE)?;
        if !session.has(Catalogue::Roles, &sql::owner(database))? {
            session.run(&sql::create_owner(database))?;
        }
        if !session.has(Catalogue::Databases, database)? {
            session.run(&sql::create_database(database))?;
            session.run(&sql::close_database(database))?;
        }
        have_role(&mut *session, client.user, verifier)?;
        for role in client.roles {
            session.run(&sql::grant_role(client.user, role))?;
        }
        let auth_user = self.backend.auth_user();
        let mut session = self.session(database)?;
        session.run(&sql::grant_database(database))?;
        session.run(&sql::grant_connect(database, &auth_user))?;
        session.run(&sql::install_auth(&auth_user))?;
        session.run(&sql::enlist(client.user, database))
    }

    /// Drops a client's user; what it owns goes to the database's owner. The last user takes the look-up along. The
    /// database stays.
    pub(crate) fn drop_client(&self, user: &str, database: &DatabaseName, is_last: bool) -> Result<(), SqlError> {
        let database = database.as_str();
        let mut session = self.session(MAINTENANCE)?;
        let has_database = session.has(Catalogue::Databases, database)?;
        if is_last && has_database {
            self.uninstall(database)?;
        }
        if !session.has(Catalogue::Roles, user)? {
            return Ok(());
        }
        session.run(&sql::forbid_login(user))?;
        session.run(&sql::end_sessions(user))?;
        if has_database {
            let mut session = self.session(database)?;
            session.run(&sql::reassign(user, database))?;
            session.run(&sql::drop_owned(user))?;
        }
        session.run(&sql::drop_role(user))
    }

    fn uninstall(&self, database: &str) -> Result<(), SqlError> {
        let auth_user = self.backend.auth_user();
        let mut session = self.session(database)?;
        session.run(&sql::uninstall_auth(&auth_user))?;
        if session.has(Catalogue::Roles, &auth_user)? { session.run(&sql::drop_owned(&auth_user)) } else { Ok(()) }
    }

    /// The databases with the look-up, as far as they exist.
    fn databases(&self, session: &mut dyn Session, clients: &BTreeSet<DatabaseName>) -> Result<Vec<String>, SqlError> {
        let own = [self.backend.database.as_str(), MAINTENANCE];
        let all: BTreeSet<&str> = own.into_iter().chain(clients.iter().map(DatabaseName::as_str)).collect();
        let mut existing = Vec::new();
        for database in all {
            if session.has(Catalogue::Databases, database)? {
                existing.push(database.to_owned());
            }
        }
        Ok(existing)
    }
}

/// Makes a role that may log in, or gives it another password.
fn have_role(session: &mut dyn Session, name: &str, verifier: &str) -> Result<(), SqlError> {
    let exists = session.has(Catalogue::Roles, name)?;
    session.run(&if exists { sql::alter_role(name, verifier) } else { sql::create_role(name, verifier) })
}
