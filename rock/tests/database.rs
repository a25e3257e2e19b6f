//! A PostgreSQL server for one test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// User of the server: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// A server that ends when this is dropped.
pub(crate) struct Database {
    programs: PathBuf,
    dir: tempfile::TempDir,
    port: u16,
}

impl Database {
    /// Starts a server with an empty database. `None` if PostgreSQL is not installed: then the tests that need a
    /// database are skipped.
    #[track_caller]
    pub(crate) fn start() -> Option<Self> {
        let programs = programs();
        testkit::needs(programs.is_some(), "PostgreSQL (Debian's package postgresql)");
        let programs = programs?;
        let dir = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").unwrap();
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut database = Self { programs, dir, port: 0 };
        database.run("initdb", &["-A", "trust", "-U", "tests", "-N"]);
        // Another program may have taken the free port meanwhile, so several are tried.
        let is_up = (0..20).any(|_| {
            database.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            database.listens()
        });
        assert!(is_up, "{}", std::fs::read_to_string(database.file("log")).unwrap_or_default());
        Some(database)
    }

    /// Starts the server; false if that fails, for example because its port is taken.
    fn listens(&self) -> bool {
        let (folder, port) = (self.dir.path().display(), self.port);
        let options = format!("-k {folder} -h 127.0.0.1 -p {port} -c fsync=off -c shared_buffers=16MB");
        let log = self.file("log");
        self.ends_well("pg_ctl", &["-o", &options, "-l", log.to_str().unwrap(), "-w", "start"])
    }

    /// Its address for a client.
    pub(crate) fn address(&self) -> String {
        format!("postgresql://tests@127.0.0.1:{}/postgres", self.port)
    }

    /// Its address in the variables that a charm sets for its application.
    pub(crate) fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("POSTGRESQL_DB_HOSTNAME", "127.0.0.1".to_owned()),
            ("POSTGRESQL_DB_PORT", self.port.to_string()),
            ("POSTGRESQL_DB_NAME", "postgres".to_owned()),
            ("POSTGRESQL_DB_USERNAME", "tests".to_owned()),
        ]
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, program: &str, args: &[&str]) {
        assert!(self.ends_well(program, args), "{program} {args:?}");
    }

    fn ends_well(&self, program: &str, args: &[&str]) -> bool {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.file("data")).args(args).current_dir("/").stdout(std::process::Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.status().unwrap().success()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Stopping fails if the server never started.
        let _ = self.ends_well("pg_ctl", &["-m", "immediate", "stop"]);
    }
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|entry| entry.path().join("bin")).filter(|bin| has_server(bin)).collect();
    found.sort();
    found.pop()
}

fn has_server(bin: &Path) -> bool {
    bin.join("initdb").is_file() && bin.join("pg_ctl").is_file()
}
