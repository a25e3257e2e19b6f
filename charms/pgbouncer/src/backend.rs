//! The backend: the PostgreSQL that connections are pooled to, as its relation describes it.

use interfaces::database::Database;
use juju::Secret;

use crate::names::{self, DatabaseName, MAX_NAME_BYTES};

/// A `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// Name or address. No blanks, quotes, commas or control characters.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Server {
    /// Reads `host:port`; brackets around an address of IPv6 are dropped.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-._:%".contains(letter);
        let port = port.parse().ok().filter(|port| *port != 0)?;
        (!host.is_empty() && host.chars().all(is_host)).then(|| Self { host: host.to_owned(), port })
    }
}

/// A backend with all that is needed to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The server that takes writes.
    pub primary: Server,
    /// The servers that only answer, sorted.
    pub read_only: Vec<Server>,
    /// The user that the backend gave to this application.
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// The database that the backend made for this application.
    pub database: String,
    /// The server's version, if the backend says it.
    pub version: Option<String>,
}

impl Backend {
    /// The backend of a relation; `None` as long as a part is missing or can't be used.
    #[must_use]
    pub fn of(database: &Database) -> Option<Self> {
        let username = database.username.as_ref()?.expose().to_owned();
        let mut read_only: Vec<_> =
            database.read_only_endpoints.iter().filter_map(|text| Server::parse(text)).collect();
        read_only.sort();
        read_only.dedup();
        let backend = Self {
            primary: database.endpoints.iter().find_map(|text| Server::parse(text))?,
            read_only,
            username,
            password: database.password.clone()?,
            database: database.database.clone(),
            version: database.version.clone(),
        };
        // A longer name would be cut by the server, and then belong to another.
        (backend.auth_user().len() <= MAX_NAME_BYTES).then_some(backend)
    }

    /// The role that looks up passwords.
    #[must_use]
    pub fn auth_user(&self) -> String {
        names::auth_user(&self.username)
    }

    /// Value of a database's key: the server that takes writes.
    #[must_use]
    pub fn target(&self, name: &DatabaseName) -> String {
        self.connection(&self.primary.host, self.primary.port, name)
    }

    /// Value of the read-only key: the servers that only answer, or if there are none the one that takes writes.
    ///
    /// PgBouncer takes one port for all hosts, that of the first.
    #[must_use]
    pub fn read_only_target(&self, name: &DatabaseName) -> String {
        let Some(first) = self.read_only.first() else { return self.target(name) };
        let hosts: Vec<_> = self.read_only.iter().map(|server| server.host.as_str()).collect();
        self.connection(&hosts.join(","), first.port, name)
    }

    fn connection(&self, hosts: &str, port: u16, name: &DatabaseName) -> String {
        let (name, user) = (value(name.as_str()), value(&self.auth_user()));
        format!("host={hosts} dbname={name} port={port} auth_user={user}")
    }
}

/// A value of a connection string: in single quotes, with quotes doubled, unless it is plain.
fn value(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_host_and_port() {
        let table = [
            ("db:5432", Some(("db", 5432))),
            ("[::1]:5432", Some(("::1", 5432))),
            ("db-0.db.model.svc:1", Some(("db-0.db.model.svc", 1))),
            ("db", None),
            ("db:", None),
            ("db:0", None),
            ("db:99999", None),
            (":5432", None),
            ("a b:1", None),
            ("a,b:1", None),
            ("a' user='x:1", None),
        ];
        for (text, expected) in table {
            let expected = expected.map(|(host, port)| Server { host: host.to_owned(), port });
            assert_eq!(Server::parse(text), expected, "{text}");
        }
    }

    fn database() -> Database {
        Database {
            uri: "postgresql://u:p@db:5432/pgbouncer".into(),
            database: "pgbouncer".to_owned(),
            username: Some("relation-8".into()),
            password: Some("p".into()),
            endpoints: vec!["db:5432".to_owned()],
            read_only_endpoints: vec!["r2:5433".to_owned(), "r1:5433".to_owned(), "r1:5433".to_owned()],
            version: Some("15.4".to_owned()),
        }
    }

    #[test]
    fn a_backend_is_complete_or_none() {
        assert!(Backend::of(&database()).is_some());
        assert_eq!(Backend::of(&Database { username: None, ..database() }), None);
        assert_eq!(Backend::of(&Database { password: None, ..database() }), None);
        assert_eq!(Backend::of(&Database { endpoints: vec!["db".to_owned()], ..database() }), None);
        assert_eq!(Backend::of(&Database { username: Some("x".repeat(60).into()), ..database() }), None);
    }

    #[test]
    fn read_only_servers_are_sorted_and_fall_back_to_the_primary() {
        let shop = DatabaseName::parse("shop").unwrap();
        let mut backend = Backend::of(&database()).unwrap();
        let end = "auth_user=pgbouncer_auth_relation_8";
        assert_eq!(backend.target(&shop), format!("host=db dbname=shop port=5432 {end}"));
        assert_eq!(backend.read_only_target(&shop), format!("host=r1,r2 dbname=shop port=5433 {end}"));
        backend.read_only.clear();
        assert_eq!(backend.read_only_target(&shop), backend.target(&shop));
    }

    #[test]
    fn hostile_names_stay_values() {
        let mut backend = Backend::of(&database()).unwrap();
        backend.username = "x' user=postgres".to_owned();
        let name = DatabaseName::parse("shop").unwrap();
        assert_eq!(backend.target(&name), "host=db dbname=shop port=5432 auth_user='pgbouncer_auth_x'' user=postgres'");
    }
}
