//! The server itself: from an empty folder to a PostgreSQL that answers on a unix socket and nowhere else.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use juju::Secret;
use rock::Work;

use super::super::user;
use super::name::DatabaseName;
use super::programs;
use super::sql::{self, Connection, identifier, literal};
use crate::cache;
use crate::daemon::{self, Daemon, Spec};
use crate::log_tail::LogTail;
use crate::pod::Identity;
use crate::runtime;
use crate::ui::Ui;

/// The first role, which is ours.
const SUPERUSER: &str = "webcharm";

/// How long it may take to start.
const START: Duration = Duration::from_secs(60);

/// Who may come, and how: ourselves, and everybody else with a password. The first asks for it in clear, which is no
/// matter on a unix socket and spares us a handshake.
const HBA: &str = "local all webcharm password\nlocal all all scram-sha-256\n";

/// The users a server of root's may run as, by preference.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Settings: no network, no care for data that go with the model.
const SETTINGS: [&str; 10] = [
    "listen_addresses=",
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

/// Why there is no PostgreSQL.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its programs can't be had.
    #[error(transparent)]
    Programs(#[from] programs::Error),
    /// There is nowhere to keep them.
    #[error(transparent)]
    Cache(#[from] runtime::Error),
    /// Root has nobody to run it as.
    #[error("PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody")]
    NoUser,
    /// Its folder can't be made.
    #[error("cannot {what} for PostgreSQL")]
    Folder {
        /// What.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It can't be started.
    #[error(transparent)]
    Daemon(#[from] daemon::Error),
    /// It ended.
    #[error("PostgreSQL's {program} ended ({status}); {log}")]
    Ended {
        /// Which of its programs.
        program: &'static str,
        /// How.
        status: ExitStatus,
        /// The end of its log.
        log: LogTail,
    },
    /// It takes too long.
    #[error("PostgreSQL does not get ready; {0}")]
    Silent(LogTail),
    /// It refuses a statement.
    #[error("cannot {what}")]
    Statement {
        /// What for.
        what: String,
        /// Why not.
        #[source]
        source: sql::Error,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

fn folder(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Folder { what, source }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Cluster {
    dir: PathBuf,
    programs: PathBuf,
    user: (u32, u32),
    daemon: Mutex<Daemon>,
    password: Secret,
    version: String,
}

impl Cluster {
    /// Makes a cluster in `dir` and starts a server for it.
    pub(super) fn start(dir: &Path, ui: &Ui) -> Result<Self, Error> {
        let programs = programs::have(&cache::of("postgresql")?, ui)?;
        let user = user::find(&USERS).ok_or(Error::NoUser)?;
        let password = password()?;
        prepare(dir, &password, user)?;
        ui.step("making a PostgreSQL cluster");
        await_end(run(&programs, dir, user, "initdb", &INITDB)?, ui)?;
        fs::remove_file(dir.join("password")).map_err(folder("remove the password's file"))?;
        fs::write(dir.join("data/pg_hba.conf"), HBA).map_err(folder("write who may come"))?;
        ui.step("starting PostgreSQL");
        let mut daemon = serve(&programs, dir, user)?;
        let version = await_answer(&mut daemon, &socket(dir), &password, ui)?;
        ui.step(&format!("PostgreSQL {version} is ready"));
        Ok(Self { dir: dir.to_owned(), programs, user, daemon: Mutex::new(daemon), password, version })
    }

    /// Starts the server again if it has ended by itself; its data are as they were. Says whether it had to.
    pub(super) fn revive(&self, ui: &Ui) -> Result<bool, Error> {
        let mut daemon = self.daemon();
        if daemon.ended().is_none() {
            return Ok(false);
        }
        ui.step("PostgreSQL ended; starting it again");
        *daemon = serve(&self.programs, &self.dir, self.user)?;
        await_answer(&mut daemon, &self.socket(), &self.password, ui)?;
        Ok(true)
    }

    fn daemon(&self) -> MutexGuard<'_, Daemon> {
        self.daemon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens.
    pub(super) fn socket(&self) -> PathBuf {
        socket(&self.dir)
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn is_running(&self) -> bool {
        self.daemon().ended().is_none()
    }

    /// Makes a user and, unless it is there, the database it works in.
    pub(super) fn create(&self, user: &str, password: &Secret, database: &DatabaseName) -> Result<(), Error> {
        let (owner, name) = (identifier(&database.owner()), identifier(database.text()));
        let who = identifier(user);
        let what = || format!("make the database {:?} and its user", database.text());
        let statements = [
            format!("CREATE ROLE {owner} NOLOGIN"),
            format!("CREATE DATABASE {name} OWNER {owner}"),
            format!("CREATE ROLE {who} LOGIN PASSWORD {} IN ROLE {owner}", literal(password.expose())),
            format!("ALTER ROLE {who} IN DATABASE {name} SET ROLE {owner}"),
        ];
        self.say(what, &statements)
    }

    /// Takes a user away, with the sessions it has open.
    pub(super) fn drop_user(&self, user: &str) -> Result<(), Error> {
        let statements = [
            format!("ALTER ROLE {} NOLOGIN", identifier(user)),
            format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = {}", literal(user)),
            format!("DROP ROLE {}", identifier(user)),
        ];
        self.say(|| format!("take the user {user} away"), &statements)
    }

    fn say(&self, what: impl Fn() -> String, statements: &[String]) -> Result<(), Error> {
        let failed = |source| Error::Statement { what: what(), source };
        let mut connection = Connection::open(&self.socket(), SUPERUSER, &self.password, "postgres").map_err(failed)?;
        for statement in statements {
            match connection.say(statement) {
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

fn socket(dir: &Path) -> PathBuf {
    dir.join(".s.PGSQL.5432")
}

/// Makes the folder, with the file that tells initdb the password.
fn prepare(dir: &Path, password: &Secret, (uid, gid): (u32, u32)) -> Result<(), Error> {
    let what = "make a folder";
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(folder("clear the folder")(error)),
        _ => {}
    }
    fs::DirBuilder::new().mode(0o700).create(dir).map_err(folder(what))?;
    let file = dir.join("password");
    let mut options = fs::OpenOptions::new();
    let opened = options.write(true).create_new(true).mode(0o600).open(&file);
    opened.and_then(|mut file| io::Write::write_all(&mut file, password.expose().as_bytes())).map_err(folder(what))?;
    [dir, &file].iter().try_for_each(|path| chown(path, Some(uid), Some(gid))).map_err(folder(what))
}

fn run(
    programs: &Path,
    dir: &Path,
    (uid, gid): (u32, u32),
    program: &str,
    arguments: &[&str],
) -> Result<Daemon, Error> {
    let own = [programs.join(program).display().to_string()];
    let arguments = ["-D", "/mnt/server/data"].iter().chain(arguments).map(|argument| (*argument).to_owned());
    let command = own.into_iter().chain(arguments).collect();
    let identity = Identity::current();
    let spec = Spec { command, dir: dir.to_owned(), uid, gid, identity, network: None, socket: None };
    let description = dir.with_extension(format!("{program}.json"));
    Ok(Daemon::start(&spec, &description, None, &dir.with_extension("log"))?)
}

/// Starts the server. What one before it has left behind is in its way.
fn serve(programs: &Path, dir: &Path, user: (u32, u32)) -> Result<Daemon, Error> {
    for name in ["data/postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"] {
        // There is none the first time.
        let _ = fs::remove_file(dir.join(name));
    }
    let settings: Vec<&str> = SETTINGS.iter().flat_map(|setting| ["-c", setting]).collect();
    run(programs, dir, user, "postgres", &settings)
}

/// Waits until initdb has done its work.
fn await_end(mut initdb: Daemon, ui: &Ui) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        match initdb.ended() {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(Error::Ended { program: "initdb", status, log: initdb.log_tail() }),
            None if ui.cancel().is_thrown() => return Err(Error::Interrupted),
            None if started.elapsed() > START => return Err(Error::Silent(initdb.log_tail())),
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Waits until the server answers, and returns its version.
fn await_answer(daemon: &mut Daemon, socket: &Path, password: &Secret, ui: &Ui) -> Result<String, Error> {
    let started = Instant::now();
    loop {
        if let Ok(connection) = Connection::open(socket, SUPERUSER, password, "postgres") {
            return Ok(connection.version().to_owned());
        }
        if let Some(status) = daemon.ended() {
            return Err(Error::Ended { program: "postgres", status, log: daemon.log_tail() });
        }
        if ui.cancel().is_thrown() {
            return Err(Error::Interrupted);
        }
        if started.elapsed() > START {
            return Err(Error::Silent(daemon.log_tail()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A fresh password: 32 hexadecimal digits.
pub(super) fn password() -> Result<Secret, Error> {
    let mut bytes = [0; 16];
    let source = fs::File::open("/dev/urandom");
    source.and_then(|mut source| source.read_exact(&mut bytes)).map_err(folder("draw a password"))?;
    Ok(Secret::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_differ() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_eq!(one.expose().len(), 32);
        assert!(one != other);
    }
}
