//! The server: from an empty folder to a MariaDB that answers on a unix socket and nowhere else.

use std::fs;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use juju::Secret;
use rock::tool::{self, Tool};

use super::super::Host;
use super::super::accounts;
use super::super::process::{self, Error, Place, Process};
use super::MYSQL;
use super::name::DatabaseName;
use crate::ui::Ui;

const SERVER: Tool = Tool { program: "mariadbd", package: "mariadb-server" };
const INSTALL: Tool = Tool { program: "mariadb-install-db", package: "mariadb-server" };

/// Both.
pub(super) const TOOLS: [Tool; 2] = [SERVER, INSTALL];

/// Users that a server of root's may run as, by preference.
const USERS: [&str; 2] = ["mysql", "nobody"];

/// Arguments of the installation: a cluster with the user `root` alone.
const FRESH: [&str; 5] = [
    "--no-defaults",
    "--datadir=/mnt/server/data",
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--skip-name-resolve",
];

/// Settings: no network, and no durability, since the data go with the model.
const SETTINGS: [&str; 13] = [
    "--no-defaults",
    "--datadir=/mnt/server/data",
    "--socket=/mnt/server/mysqld.sock",
    "--pid-file=/mnt/server/mysqld.pid",
    "--tmpdir=/mnt/server",
    "--init-file=/mnt/server/root.sql",
    "--skip-networking",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=16M",
    "--character-set-server=utf8mb4",
    "--max-connections=200",
];

/// Limit of the installation, and of a start.
const START: Duration = Duration::from_secs(120);

/// Limit of a statement.
const STATEMENT: Duration = Duration::from_secs(30);

/// Limit of the server's greeting.
const GREETING: Duration = Duration::from_secs(1);

fn file(what: &'static str) -> impl FnOnce(io::Error) -> Error {
    process::file(MYSQL.title, what)
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    program: PathBuf,
    place: Place,
    process: Process,
    version: String,
}

impl Server {
    pub(super) fn start(host: &Host<'_>) -> Result<Self, Error> {
        let (program, install) = (tool::find(SERVER, host.ui)?, tool::find(INSTALL, host.ui)?);
        let place = Place::make(MYSQL.title, &host.dir, &USERS)?;
        let password = accounts::password().map_err(file("draw a password"))?;
        let password = password.expose();
        // The server runs the first at each start; the second is the client's.
        let root =
            format!("ALTER USER root@localhost IDENTIFIED BY '{password}';\nDROP USER IF EXISTS ''@localhost;\n");
        place.write("root.sql", &root)?;
        let client = format!("[client]\nsocket=/mnt/server/mysqld.sock\nuser=root\npassword={password}\n");
        place.write("client.cnf", &client)?;
        host.ui.step("making a cluster of MariaDB");
        let installed = place.start(&place.spec(&install, FRESH), None)?;
        installed.called("MariaDB's mariadb-install-db").wait_for_end(START, host.ui)?;
        host.ui.step("starting MariaDB");
        let mut process = place.start(&place.spec(&program, SETTINGS), None)?;
        let version = process.wait(START, host.ui, || greeting(&socket(&place.dir)))?;
        host.ui.step(&format!("MariaDB {version} is ready, in place of MySQL"));
        Ok(Self { program, place, process, version })
    }

    /// Starts the server again if it has ended by itself; its data are as they were. Returns true if it had.
    pub(super) fn revive(&mut self, ui: &Ui) -> Result<bool, Error> {
        if !self.process.has_ended() {
            return Ok(false);
        }
        ui.step("MariaDB ended; starting it again");
        // A socket without a server behind it: nobody answers there.
        let _ = fs::remove_file(self.socket());
        self.process = self.place.start(&self.place.spec(&self.program, SETTINGS), None)?;
        self.process.wait(START, ui, || greeting(&socket(&self.place.dir)))?;
        Ok(true)
    }

    /// Its socket on the host.
    pub(super) fn socket(&self) -> PathBuf {
        socket(&self.place.dir)
    }

    /// Its version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Creates a user, and the database that it works in unless that exists. The user's name and password have letters,
    /// digits and hyphens alone.
    pub(super) fn create(&self, user: &str, password: &Secret, database: &DatabaseName, ui: &Ui) -> Result<(), Error> {
        let statements = format!(
            "CREATE DATABASE IF NOT EXISTS {};\n\
             CREATE USER '{user}'@'%' IDENTIFIED BY '{}';\n\
             GRANT ALL PRIVILEGES ON {}.* TO '{user}'@'%';\n",
            database.identifier(),
            password.expose(),
            database.pattern(),
        );
        self.run(&statements, ui)
    }

    /// Gives a user another password, and ends its sessions.
    pub(super) fn set_password(&self, user: &str, password: &Secret, ui: &Ui) -> Result<(), Error> {
        let set = format!("ALTER USER '{user}'@'%' IDENTIFIED BY '{}';\nKILL USER '{user}';\n", password.expose());
        self.run(&set, ui)
    }

    /// Drops a user and ends its sessions.
    pub(super) fn drop_user(&self, user: &str, ui: &Ui) -> Result<(), Error> {
        self.run(&format!("DROP USER IF EXISTS '{user}'@'%';\nKILL USER '{user}';\n"), ui)
    }

    /// Runs statements with the server's own client, which reads them and root's password from files.
    fn run(&self, statements: &str, ui: &Ui) -> Result<(), Error> {
        self.place.write("statements.sql", statements)?;
        let script = "exec mariadb --defaults-file=/mnt/server/client.cnf --batch < /mnt/server/statements.sql";
        let client = self.place.start(&self.place.spec(Path::new("/bin/sh"), ["-c", script]), None)?;
        client.called("MariaDB's client").wait_for_end(STATEMENT, ui)?;
        fs::remove_file(self.place.dir.join("statements.sql")).map_err(file("remove the statements"))
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("mysqld.sock")
}

/// Version in the server's greeting: four bytes of header, the protocol's version 10, and the text up to a zero byte.
///
/// Source: <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>
fn greeting(socket: &Path) -> Option<String> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(GREETING)).ok()?;
    let mut bytes = [0; 128];
    let length = stream.read(&mut bytes).ok()?;
    let text = bytes[..length].get(4..)?.strip_prefix(&[10])?.split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_server_is_ready_when_it_greets() {
        let dir = tempfile::tempdir().unwrap();
        let path = socket(dir.path());
        assert_eq!(greeting(&path), None, "nothing listens");
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            for answer in [&b"\x4a\0\0\0\x0a10.11.6-MariaDB\0\x01"[..], b"\x17\0\0\0\xff\x10\x04Too many connections"] {
                listener.accept().unwrap().0.write_all(answer).unwrap();
            }
        });
        assert_eq!(greeting(&path).as_deref(), Some("10.11.6-MariaDB"));
        assert_eq!(greeting(&path), None);
        server.join().unwrap();
    }
}
