//! The server: from an empty folder to a PostgreSQL that answers on a unix socket, for us, and in a network of its own, for
//! clients: PostgreSQL speaks no TLS on unix sockets.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::time::Duration;

use juju::Secret;

use super::super::accounts;
use super::super::process::{self, Place, Process};
use super::name::DatabaseName;
use super::programs;
use super::roles::Roles;
use super::sql::{self, Connection, identifier, literal};
use super::{PORT, POSTGRESQL, tls};
use crate::cache;
use crate::daemon::{Network, Spec};
use crate::runtime;
use crate::ui::Ui;

/// Name of the first role, which is ours.
const SUPERUSER: &str = "webcharm";

/// The database in which roles and databases are made.
pub(super) const MAINTENANCE: &str = "postgres";

/// Limit of a start.
const START: Duration = Duration::from_secs(60);

/// Users that a server of root's may run as, by preference.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Settings: no network but its own, and no durability, since the data go with the model.
const SETTINGS: [&str; 10] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=/mnt/server",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "dynamic_shared_memory_type=mmap",
    "max_connections=200",
    "logging_collector=off",
    // A refused statement would be logged with the password in it.
    "log_min_error_statement=panic",
];

/// Error of PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Its programs can't be found or installed.
    #[error(transparent)]
    Programs(#[from] programs::Error),
    /// The cache for its programs can't be used.
    #[error(transparent)]
    Cache(#[from] runtime::Error),
    /// A process of it can't be started, or has ended.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// A statement is refused.
    #[error("cannot {what}")]
    Statement {
        /// The purpose of the statement.
        what: String,
        /// The cause.
        #[source]
        source: sql::Error,
    },
}

impl From<Error> for super::Error {
    fn from(error: Error) -> Self {
        Self::Server(error.into())
    }
}

fn file(what: &'static str) -> impl FnOnce(io::Error) -> process::Error {
    process::file(POSTGRESQL.title, what)
}

/// A running server.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) place: Place,
    programs: PathBuf,
    pub(super) process: Process,
    password: Secret,
    version: String,
}

impl Cluster {
    /// Makes a cluster in the folder `dir` and starts a server for it.
    pub(super) fn start(dir: &Path, ui: &Ui) -> Result<Self, Error> {
        let programs = programs::have(&cache::of("postgresql")?, ui)?;
        let place = Place::make(POSTGRESQL.title, dir, &USERS)?;
        let password = password()?;
        place.write(PASSWORD, password.expose())?;
        ui.step("making a PostgreSQL cluster");
        let initdb = place.start(&spec(&place, &programs, "initdb", &INITDB), None)?;
        initdb.called("PostgreSQL's initdb").wait_for_end(START, ui)?;
        fs::remove_file(dir.join(PASSWORD)).map_err(file("remove the password's file"))?;
        fs::write(dir.join("data/pg_hba.conf"), tls::rules(false)).map_err(file("write the rules of access"))?;
        ui.step("starting PostgreSQL");
        let mut process = serve(&place, &programs)?;
        let version = wait(&mut process, &socket(dir), &password, ui)?;
        ui.step(&format!("PostgreSQL {version} is ready"));
        Ok(Self { place, programs, process, password, version })
    }

    /// Starts the server again if it has ended by itself; its data are as they were. Returns true if it had.
    pub(super) fn revive(&mut self, ui: &Ui) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        ui.step("PostgreSQL ended; starting it again");
        self.process = serve(&self.place, &self.programs)?;
        let socket = self.socket();
        wait(&mut self.process, &socket, &self.password, ui)?;
        Ok(true)
    }

    /// Its socket on the host, for our own sessions.
    fn socket(&self) -> PathBuf {
        socket(&self.place.dir)
    }

    /// The socket on the host that leads clients into its network.
    pub(super) fn way_in(&self) -> PathBuf {
        way_in(&self.place.dir)
    }

    /// Its version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Creates a user, and the database that it works in unless that exists.
    pub(super) fn create(
        &self,
        user: &str,
        password: &Secret,
        database: &DatabaseName,
        roles: &Roles,
    ) -> Result<(), Error> {
        let (owner, name) = (identifier(&database.owner()), identifier(database.text()));
        let who = identifier(user);
        let what = || format!("make the database {:?} and its user", database.text());
        let attributes: String = roles.attributes.iter().map(|attribute| format!(" {attribute}")).collect();
        let mut statements = vec![
            format!("CREATE ROLE {owner} NOLOGIN"),
            format!("CREATE DATABASE {name} OWNER {owner}"),
            format!("CREATE ROLE {who} LOGIN PASSWORD {} IN ROLE {owner}{attributes}", literal(password.expose())),
        ];
        statements.extend(roles.memberships.iter().map(|role| format!("GRANT {} TO {who}", identifier(role))));
        if roles.is_empty() {
            statements.push(format!("ALTER ROLE {who} IN DATABASE {name} SET ROLE {owner}"));
        }
        self.run(what, MAINTENANCE, &statements)
    }

    /// Gives a user another password, and ends its sessions.
    pub(super) fn set_password(&self, user: &str, password: &Secret) -> Result<(), Error> {
        let statements = [
            format!("ALTER ROLE {} PASSWORD {}", identifier(user), literal(password.expose())),
            format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = {}", literal(user)),
        ];
        self.run(|| format!("change the password of {user}"), MAINTENANCE, &statements)
    }

    /// Drops a user and ends its sessions. What it owns goes to the owner of the database, and databases of its own to
    /// the server's superuser.
    pub(super) fn drop_user(&self, user: &str) -> Result<(), Error> {
        let what = || format!("take the user {user} away");
        let who = identifier(user);
        let out = [
            format!("ALTER ROLE {who} NOLOGIN"),
            format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = {}", literal(user)),
            format!("REASSIGN OWNED BY {who} TO {SUPERUSER}"),
        ];
        self.run(what, MAINTENANCE, &out)?;
        for (database, owner) in self.databases().map_err(|source| Error::Statement { what: what(), source })? {
            let inside =
                [format!("REASSIGN OWNED BY {who} TO {}", identifier(&owner)), format!("DROP OWNED BY {who} CASCADE")];
            self.run(what, &database, &inside)?;
        }
        self.run(what, MAINTENANCE, &[format!("DROP ROLE {who}")])
    }

    /// The databases that can be connected to, each with its owner.
    fn databases(&self) -> Result<Vec<(String, String)>, sql::Error> {
        let mut connection = Connection::open(&self.socket(), SUPERUSER, &self.password, MAINTENANCE)?;
        let query = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datallowconn ORDER BY datname";
        let rows = connection.rows(query)?.into_iter();
        Ok(rows.filter_map(|row| <[String; 2]>::try_from(row).ok()).map(|[name, owner]| (name, owner)).collect())
    }

    /// Runs statements in a database as the superuser. What exists already is no error.
    pub(super) fn run(&self, what: impl Fn() -> String, database: &str, statements: &[String]) -> Result<(), Error> {
        let failed = |source| Error::Statement { what: what(), source };
        let mut connection = Connection::open(&self.socket(), SUPERUSER, &self.password, database).map_err(failed)?;
        for statement in statements {
            match connection.run(statement) {
                Err(error) if !error.is_duplicate() => return Err(failed(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Arguments of initdb.
const INITDB: [&str; 7] = [
    "--username=webcharm",
    "--pwfile=/mnt/server/password",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
];

/// Name of the file from which initdb reads the password.
const PASSWORD: &str = "password";

fn socket(dir: &Path) -> PathBuf {
    dir.join(".s.PGSQL.5432")
}

fn way_in(dir: &Path) -> PathBuf {
    dir.join("clients.sock")
}

fn spec(place: &Place, programs: &Path, program: &str, arguments: &[&str]) -> Spec {
    let arguments = ["-D", "/mnt/server/data"].iter().chain(arguments).copied();
    place.spec(&programs.join(program), arguments)
}

/// Starts the server. Files of an ended one would prevent the start.
fn serve(place: &Place, programs: &Path) -> Result<Process, process::Error> {
    for name in ["data/postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
        // They are missing the first time.
        let _ = fs::remove_file(place.dir.join(name));
    }
    let settings: Vec<&str> = SETTINGS.iter().flat_map(|setting| ["-c", setting]).collect();
    let server = SocketAddrV4::new(Ipv4Addr::LOCALHOST, PORT);
    let ways_in = vec![(way_in(&place.dir), server)];
    let spec = spec(place, programs, "postgres", &settings);
    place.start(&Spec { network: Network::Own, ways_in, ..spec }, None)
}

/// Waits until the server answers, and returns its version.
fn wait(process: &mut Process, socket: &Path, password: &Secret, ui: &Ui) -> Result<String, process::Error> {
    process.wait(START, ui, || {
        let connection = Connection::open(socket, SUPERUSER, password, MAINTENANCE).ok()?;
        Some(connection.version().to_owned())
    })
}

/// A fresh password.
pub(super) fn password() -> Result<Secret, Error> {
    Ok(accounts::password().map_err(file("draw a password"))?)
}
