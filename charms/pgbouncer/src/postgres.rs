//! PostgreSQL behind a small blocking front. Every wait has a limit.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::{Client, Config, NoTls};

use crate::backend::Backend;

/// Limit of a connect, and of the query by which readiness is known.
const CONNECT: Duration = Duration::from_secs(3);

/// Limit of any other statement.
const STATEMENT: Duration = Duration::from_secs(30);

/// Error of PostgreSQL, or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// No connection: the server is away, or refuses the user.
    #[error("cannot connect to the backend's database {database:?}")]
    Connect {
        /// The database.
        database: String,
        /// The cause.
        source: tokio_postgres::Error,
    },
    /// The server refused a statement.
    #[error("the backend refused a statement")]
    Statement(#[from] tokio_postgres::Error),
    /// The server took too long.
    #[error("the backend did not answer within {0:?}")]
    Timeout(Duration),
    /// The connection's runtime could not be made.
    #[error("cannot prepare to talk to the backend")]
    Runtime(#[source] std::io::Error),
    /// A test's server that was told to be away.
    #[error("the backend is away")]
    Away,
}

/// Catalogue of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catalogue {
    /// Roles.
    Roles,
    /// Databases.
    Databases,
}

/// A session in one database.
pub trait Session {
    /// Runs statements, in one transaction if they are several.
    ///
    /// # Errors
    /// The server refuses, or is gone.
    fn run(&mut self, statements: &str) -> Result<(), SqlError>;

    /// True if the catalogue has an entry of that name.
    ///
    /// # Errors
    /// The server is gone.
    fn has(&mut self, catalogue: Catalogue, name: &str) -> Result<bool, SqlError>;
}

/// A session of a real server.
pub struct Connection {
    runtime: Runtime,
    client: Client,
}

impl Connection {
    /// Opens a session, without TLS.
    ///
    /// # Errors
    /// The server is away or refuses.
    pub fn open(backend: &Backend, database: &str) -> Result<Self, SqlError> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build().map_err(SqlError::Runtime)?;
        let mut config = Config::new();
        config.host(&backend.primary.host).port(backend.primary.port).connect_timeout(CONNECT);
        config.user(&backend.username).password(backend.password.expose()).dbname(database);
        config.application_name("pgbouncer-k8s");
        let client = runtime.block_on(async {
            let connected = timeout(CONNECT, config.connect(NoTls)).await.map_err(|_| SqlError::Timeout(CONNECT))?;
            let connect = |source| SqlError::Connect { database: database.to_owned(), source };
            let (client, connection) = connected.map_err(connect)?;
            // It ends with the client; an error of it is the next statement's.
            drop(tokio::spawn(connection));
            Ok::<_, SqlError>(client)
        })?;
        let mut connection = Self { runtime, client };
        // A backend may have its users begin as another role, without the rights that this charm asked for.
        connection.within(CONNECT, |client| client.batch_execute("SET ROLE NONE"))?;
        Ok(connection)
    }

    fn within<'c, T, F>(&'c mut self, limit: Duration, call: impl FnOnce(&'c Client) -> F) -> Result<T, SqlError>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let call = call(&self.client);
        let result = self.runtime.block_on(async { timeout(limit, call).await });
        Ok(result.map_err(|_| SqlError::Timeout(limit))??)
    }
}

impl Session for Connection {
    fn run(&mut self, statements: &str) -> Result<(), SqlError> {
        self.within(STATEMENT, |client| client.batch_execute(statements))
    }

    fn has(&mut self, catalogue: Catalogue, name: &str) -> Result<bool, SqlError> {
        let query = match catalogue {
            Catalogue::Roles => "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1::text",
            Catalogue::Databases => "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1::text",
        };
        let found = self.within(STATEMENT, |client| async { client.query_opt(query, &[&name]).await })?;
        Ok(found.is_some())
    }
}
