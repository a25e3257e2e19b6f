//! A real PostgreSQL on a port of its own, whose superuser is the backend's.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pgbouncer::{Backend, Connection, Server as Address, Session};
use tempfile::TempDir;

use super::authority::Authority;
use super::container::{ids_of, until};

/// User and password of the backend.
pub(crate) const USER: &str = "relation-8";
pub(crate) const PASSWORD: &str = "hunter2";

/// A running server.
#[derive(Debug)]
pub(crate) struct Postgresql {
    pub(crate) port: u16,
    server: Child,
    _dir: TempDir,
}

/// Folder of the server's programs, of the newest version.
pub(crate) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).filter(|bin| bin.join("initdb").exists()).max()
}

impl Postgresql {
    /// Makes a cluster and starts it. `method` is the server's rule for passwords: `scram-sha-256` or `md5`.
    pub(crate) fn start(method: &str) -> Self {
        let (dir, data) = Self::make(method);
        Self::serve(dir, &data, &[])
    }

    /// The same with TLS, by which alone users other than the superuser are let in.
    pub(crate) fn start_with_tls(authority: &Authority) -> Self {
        let (dir, data) = Self::make("scram-sha-256");
        authority.equip(&data);
        let rules = format!("host all {USER} 127.0.0.1/32 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n");
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
        for file in ["server.key", "server.crt"] {
            fs::set_permissions(data.join(file), fs::Permissions::from_mode(0o600)).unwrap();
            if rustix::process::geteuid().is_root() {
                let (user, group) = ids_of("postgres");
                std::os::unix::fs::chown(data.join(file), Some(user), Some(group)).unwrap();
            }
        }
        Self::serve(dir, &data, &["-c", "ssl=on"])
    }

    /// Makes a cluster; returns its folder, and that of its data.
    fn make(method: &str) -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let (password, data) = (dir.path().join("password"), dir.path().join("data"));
        fs::write(&password, PASSWORD).unwrap();
        let mut initdb = program("initdb");
        let initdb = initdb.arg("-D").arg(&data).arg("--pwfile").arg(&password).args(["-U", USER, "--no-sync"]);
        let output = initdb.args(["--auth", method, "--encoding=UTF8", "--locale=C.UTF-8"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        (dir, data)
    }

    fn serve(dir: TempDir, data: &Path, settings: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = program("postgres");
        let mut server = postgres
            .arg("-D")
            .arg(data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}"), "-c", "fsync=off"])
            .args(["-c", "unix_socket_directories=", "-c", "shared_buffers=16MB", "-c", "max_connections=300"])
            .args(settings)
            .stderr(fs::File::create(dir.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        until("PostgreSQL answers", || {
            assert!(server.try_wait().unwrap().is_none(), "{:?}", fs::read_to_string(dir.path().join("log")));
            Connection::open(&backend(port), "postgres").is_ok()
        });
        let started = Self { port, server, _dir: dir };
        started.run("postgres", "CREATE DATABASE pgbouncer");
        started
    }

    /// Runs statements as the superuser.
    pub(crate) fn run(&self, database: &str, statements: &str) {
        Connection::open(&backend(self.port), database).unwrap().run(statements).unwrap();
    }

    /// The one value that a query of the superuser's gives.
    pub(crate) fn value(&self, database: &str, query: &str) -> String {
        psql("127.0.0.1", self.port, USER, PASSWORD, &format!("dbname='{database}'"), query).unwrap()
    }

    /// Ends the server at once.
    pub(crate) fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.server);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::QUIT);
        let _ = self.server.wait();
    }
}

impl Drop for Postgresql {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A program of PostgreSQL's, which refuses to run as root.
fn program(name: &str) -> Command {
    let mut command = Command::new(programs().unwrap().join(name));
    if rustix::process::geteuid().is_root() {
        let (user, group) = ids_of("postgres");
        command.uid(user).gid(group);
    }
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn backend(port: u16) -> Backend {
    login("127.0.0.1", port, USER, PASSWORD)
}

/// Data of a login, for [`Connection::open`].
pub(crate) fn login(host: &str, port: u16, user: &str, password: &str) -> Backend {
    Backend {
        primary: Address { host: host.to_owned(), port },
        read_only: Vec::new(),
        username: user.to_owned(),
        password: password.into(),
        database: "pgbouncer".to_owned(),
        version: None,
    }
}

/// Runs a query with `psql`; its output or its complaint. `options` are further words of the connection string.
pub(crate) fn psql(
    host: &str,
    port: u16,
    user: &str,
    password: &str,
    options: &str,
    query: &str,
) -> Result<String, String> {
    let mut child = Command::new("psql")
        .args(["-XqtA", "-v", "ON_ERROR_STOP=1", "-d"])
        .arg(format!("host={host} port={port} user={user} connect_timeout=10 {options}"))
        .env("PGPASSWORD", password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{query};").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
