//! The base document: configuration that all units share. The leader generates and changes it; the others copy it.
//!
//! No process reads it: each instance has a document of its own, made of it in `document/expand.rs`.

mod expand;

use std::collections::BTreeSet;

use juju::fingerprint;

use crate::backend::Backend;
use crate::ini::{Ini, IniError};
use crate::names::{self, DatabaseName};
use crate::options::Options;
use crate::place::Places;

pub use expand::{BackendTls, PoolSizes, UnitSide};

const DATABASES: &str = "databases";
const PGBOUNCER: &str = "pgbouncer";

/// A base document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    ini: Ini,
}

impl Document {
    /// The default document: no backend, no databases.
    #[must_use]
    pub fn fresh(options: &Options, places: &Places) -> Self {
        let mut ini = Ini::default();
        ini.replace(DATABASES, []);
        for (key, value) in [
            ("listen_addr", places.address.as_str()),
            // Here for its place; the options follow.
            ("listen_port", ""),
            ("logfile", &format!("{}/pgbouncer.log", places.logs)),
            ("pidfile", &format!("{}/pgbouncer.pid", places.base)),
            ("admin_users", ""),
            ("stats_users", ""),
            ("auth_type", "scram-sha-256"),
            ("user", &places.user),
            ("max_client_conn", "10000"),
            ("ignore_startup_parameters", "extra_float_digits,options"),
            ("server_tls_sslmode", "prefer"),
            ("so_reuseport", "1"),
            ("unix_socket_dir", &places.base),
        ] {
            ini.set(PGBOUNCER, key, value);
        }
        let mut document = Self { ini };
        document.set_options(options);
        document
    }

    /// Reads a document. A document without `[pgbouncer]` and its port is refused: no charm wrote it.
    ///
    /// # Errors
    /// The text is no document.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let document = Self { ini: Ini::parse(text)? };
        if document.listen_port().is_none() { Err(DocumentError::Port) } else { Ok(document) }
    }

    /// The document's text.
    #[must_use]
    pub fn text(&self) -> String {
        self.ini.to_string()
    }

    /// Hash by which the leader sees that a unit follows.
    #[must_use]
    pub fn hash(&self) -> String {
        fingerprint([self.text().as_bytes()])
    }

    /// Takes over the options.
    ///
    /// `max_prepared_statements` is here whatever the version: [`Document::expand`] leaves it out for instances that
    /// would not start with it.
    pub fn set_options(&mut self, options: &Options) {
        for (key, value) in [
            ("listen_port", options.listen_port.to_string()),
            ("pool_mode", options.pool_mode.as_str().to_owned()),
            ("max_db_connections", options.max_db_connections.to_string()),
            ("max_prepared_statements", options.max_prepared_statements.to_string()),
        ] {
            self.ini.set(PGBOUNCER, key, value);
        }
    }

    /// Takes over the users of an initialised backend.
    pub fn set_users(&mut self, app: &str, backend: &Backend, auth_file: &str) {
        self.ini.set(PGBOUNCER, "admin_users", names::admin_user(app));
        self.ini.set(PGBOUNCER, "stats_users", names::stats_user(app));
        self.ini.set(PGBOUNCER, "auth_query", auth_query(&backend.auth_user()));
        self.ini.set(PGBOUNCER, "auth_file", auth_file);
    }

    /// Forgets the backend: its users and all databases.
    pub fn forget_backend(&mut self) {
        self.ini.set(PGBOUNCER, "admin_users", "");
        self.ini.set(PGBOUNCER, "stats_users", "");
        self.ini.unset(PGBOUNCER, "auth_query");
        self.ini.unset(PGBOUNCER, "auth_file");
        self.ini.replace(DATABASES, []);
    }

    /// True if the users of this backend are in the document.
    #[must_use]
    pub fn knows(&self, backend: &Backend) -> bool {
        self.ini.get(PGBOUNCER, "auth_query") == Some(auth_query(&backend.auth_user()).as_str())
    }

    /// True if a backend's users are in the document.
    fn has_users(&self) -> bool {
        self.ini.get(PGBOUNCER, "auth_query").is_some()
    }

    /// Replaces the databases: in the order of `names`, each name once, and each followed by its name for read-only
    /// servers unless a client has a database of that name.
    pub fn set_databases<'n>(&mut self, names: impl IntoIterator<Item = &'n DatabaseName>, backend: &Backend) {
        let names: Vec<_> = names.into_iter().collect();
        let asked: BTreeSet<_> = names.iter().copied().collect();
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        for name in names.into_iter().filter(|name| seen.insert(*name)) {
            entries.push((name.as_str().to_owned(), backend.target(name)));
            if let Some(read_only) = name.read_only().filter(|name| !asked.contains(name)) {
                entries.push((read_only.as_str().to_owned(), backend.read_only_target(name)));
            }
        }
        self.ini.replace(DATABASES, entries);
    }

    /// Names in `[databases]`, those for read-only servers too.
    pub(crate) fn database_names(&self) -> impl Iterator<Item = DatabaseName> {
        self.ini.entries(DATABASES).filter_map(|(name, _)| DatabaseName::parse(name).ok())
    }

    /// Port of all instances.
    #[must_use]
    pub fn listen_port(&self) -> Option<u16> {
        self.ini.get(PGBOUNCER, "listen_port")?.parse().ok().filter(|port| *port != 0)
    }

    fn max_db_connections(&self) -> u32 {
        self.ini.get(PGBOUNCER, "max_db_connections").and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// Query by which PgBouncer asks for a client's password. The name is quoted: it comes from the backend.
fn auth_query(auth_user: &str) -> String {
    let schema = crate::sql::identifier(auth_user);
    format!("SELECT username, password FROM {schema}.get_auth($1)")
}

/// A text that is no base document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It can't be parsed.
    #[error(transparent)]
    Ini(#[from] IniError),
    /// It has no port.
    #[error("it has no listen_port")]
    Port,
}

#[cfg(test)]
mod tests;
