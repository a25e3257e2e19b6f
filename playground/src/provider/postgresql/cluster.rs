//! A server: from an empty folder, or a copy of another server, to a PostgreSQL that answers on a unix socket, for us, and in a
//! network of the servers' own, for clients and replicas: PostgreSQL speaks no TLS on unix sockets.

use std::fs;
use std::io;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::time::Duration;

use juju::Secret;

use super::super::ServerCertificate;
use super::super::accounts;
use super::super::process::{self, Place, Process};
use super::name::DatabaseName;
use super::programs;
use super::roles::Roles;
use super::sql::{self, Connection, identifier, literal};
use super::{PORT, POSTGRESQL, tls};
use crate::cache;
use crate::daemon::{HOME, Network, Spec};
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

/// Settings: no durability, since the data go with the model, and replicas that look for their primary often.
const SETTINGS: [&str; 10] = [
    "wal_retrieve_retry_interval=100ms",
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
    /// Its programs lack the one that copies a server.
    #[error(
        "this PostgreSQL has no pg_basebackup, which copies it for another unit: `sudo apt-get install postgresql` (on Debian and \
         Ubuntu) installs it; then `webcharm remove-application postgresql` and `webcharm integrate postgresql` use it"
    )]
    NoCopies,
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
    number: u32,
    pub(super) place: Place,
    programs: PathBuf,
    pub(super) process: Process,
    password: Secret,
    version: String,
}

impl Cluster {
    /// Makes a cluster in the folder `dir` and starts a server for it, as the first unit.
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
        let started = Self::serve(0, place, programs, password, Network::Own, ui)?;
        ui.step(&format!("PostgreSQL {} is ready", started.version));
        Ok(started)
    }

    /// Copies the `primary` into the folder `dir`, and starts a replica there, which speaks TLS with the certificate if there is one.
    pub(super) fn follow(
        number: u32,
        dir: &Path,
        primary: &Self,
        certificate: Option<&ServerCertificate>,
        ui: &Ui,
    ) -> Result<Self, Error> {
        let (programs, password) = (primary.programs.clone(), primary.password.clone());
        if !programs.join("pg_basebackup").is_file() {
            return Err(Error::NoCopies);
        }
        let place = Place::make(POSTGRESQL.title, dir, &USERS)?;
        place.write(PASSES, &format!("*:*:*:*:{}\n", password.expose()))?;
        certificate.map_or(Ok(()), |certificate| tls::write(&place, certificate))?;
        let host = format!("--host={}", process::inner(primary.number));
        let arguments: Vec<_> = COPY.into_iter().chain([&*host]).collect();
        let network = primary.process.network();
        let mut copy = spec(&place, &programs, "pg_basebackup", &arguments);
        (copy.network, copy.variables) = (network, [("PGPASSFILE".to_owned(), format!("{HOME}/{PASSES}"))].into());
        place.start(&copy, None)?.called("PostgreSQL's pg_basebackup").wait_for_end(START, ui)?;
        Self::serve(number, place, programs, password, network, ui)
    }

    fn serve(
        number: u32,
        place: Place,
        programs: PathBuf,
        password: Secret,
        network: Network,
        ui: &Ui,
    ) -> Result<Self, Error> {
        let mut process = serve(number, &place, &programs, network)?;
        let version = wait(&mut process, &socket(&place.dir), &password, ui)?;
        Ok(Self { number, place, programs, process, password, version })
    }

    /// Number of its unit.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Starts the server again in the network if it has ended by itself; its data are as they were. Returns true if it had.
    pub(super) fn revive(&mut self, network: Network, ui: &Ui) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        ui.step("PostgreSQL ended; starting it again");
        self.process = serve(self.number, &self.place, &self.programs, network)?;
        let socket = self.socket();
        wait(&mut self.process, &socket, &self.password, ui)?;
        Ok(true)
    }

    /// Ends the sessions of all clients, and makes their next ones read-only unless they choose otherwise. Returns the position of the
    /// last write.
    pub(super) fn end_writes(&self) -> Result<String, Error> {
        let what = || "end the writes".to_owned();
        let statements = [
            "ALTER SYSTEM SET default_transaction_read_only = on".to_owned(),
            "SELECT pg_reload_conf()".to_owned(),
            format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usename <> '{SUPERUSER}'"
            ),
        ];
        self.run(what, MAINTENANCE, &statements)?;
        // A mark in the log of writes, for its position: the end of the log may be that of a page that has no write yet.
        let mark = "SELECT pg_create_restore_point('webcharm')";
        self.value(mark).map_err(|source| Error::Statement { what: what(), source })
    }

    /// Waits until a replica has what the primary wrote up to a position.
    pub(super) fn await_writes(&mut self, position: &str, ui: &Ui) -> Result<(), Error> {
        let query = format!("SELECT pg_last_wal_replay_lsn() >= {}::pg_lsn", literal(position));
        let (socket, password) = (self.socket(), self.password.clone());
        let has_all = || value(&socket, &password, &query).is_ok_and(|said| said == "t").then_some(());
        Ok(self.process.wait(HANDOVER, ui, has_all)?)
    }

    /// Makes a replica the primary.
    pub(super) fn promote(&self) -> Result<(), Error> {
        self.run(|| "make a replica the primary".to_owned(), MAINTENANCE, &["SELECT pg_promote(true, 30)".to_owned()])
    }

    /// Has a replica follow another primary.
    pub(super) fn follow_other(&self, primary: u32) -> Result<(), Error> {
        let host = process::inner(primary);
        let place = format!("host={host} user={SUPERUSER} passfile={HOME}/{PASSES}");
        let statements =
            [format!("ALTER SYSTEM SET primary_conninfo = {}", literal(&place)), "SELECT pg_reload_conf()".to_owned()];
        self.run(|| "follow another primary".to_owned(), MAINTENANCE, &statements)
    }

    /// Ends the sessions of a user.
    pub(super) fn end_sessions(&self, user: &str) -> Result<(), Error> {
        self.run(|| format!("end the sessions of {user}"), MAINTENANCE, &[end_of_sessions(user)])
    }

    fn value(&self, query: &str) -> Result<String, sql::Error> {
        value(&self.socket(), &self.password, query)
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
        let statements =
            [format!("ALTER ROLE {} PASSWORD {}", identifier(user), literal(password.expose())), end_of_sessions(user)];
        self.run(|| format!("change the password of {user}"), MAINTENANCE, &statements)
    }

    /// Drops a user and ends its sessions. What it owns goes to the owner of the database, and databases of its own to
    /// the server's superuser.
    pub(super) fn drop_user(&self, user: &str) -> Result<(), Error> {
        let what = || format!("take the user {user} away");
        let who = identifier(user);
        let out = [
            format!("ALTER ROLE {who} NOLOGIN"),
            end_of_sessions(user),
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

/// Arguments of pg_basebackup.
const COPY: [&str; 6] = [
    "--username=webcharm",
    "--no-password",
    "--wal-method=stream",
    "--checkpoint=fast",
    "--no-sync",
    "--write-recovery-conf",
];

/// Name of the file with the password for other servers.
const PASSES: &str = "pgpass";

/// Limit for a replica to have all that its primary has, when the primary leaves.
const HANDOVER: Duration = Duration::from_secs(10);

/// Statement that ends the sessions of a user.
fn end_of_sessions(user: &str) -> String {
    format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = {}", literal(user))
}

/// The only value of the answer to a query.
fn value(socket: &Path, password: &Secret, query: &str) -> Result<String, sql::Error> {
    let rows = Connection::open(socket, SUPERUSER, password, MAINTENANCE)?.rows(query)?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

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

/// Starts the server of a unit in a network. Files of an ended one would prevent the start.
fn serve(number: u32, place: &Place, programs: &Path, network: Network) -> Result<Process, process::Error> {
    for name in ["data/postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
        // They are missing the first time.
        let _ = fs::remove_file(place.dir.join(name));
    }
    let address = process::inner(number);
    let listen = format!("listen_addresses={address}");
    let settings: Vec<&str> = SETTINGS.into_iter().chain([&*listen]).flat_map(|setting| ["-c", setting]).collect();
    let ways_in = vec![(way_in(&place.dir), SocketAddrV4::new(address, PORT))];
    let spec = spec(place, programs, "postgres", &settings);
    place.start(&Spec { network, ways_in, ..spec }, None)
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
