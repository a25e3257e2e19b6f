//! A daemon under test: binary, folder, process.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use pebble::blocking::Client;
use rustix::process::{Pid, Signal, kill_process};

/// Time after which a test counts as hanging; no test measures time.
const SOON: Duration = Duration::from_secs(60);

/// File of the daemon's output.
const LOG: &str = ".daemon.log";

/// A running daemon, stopped with its services on drop.
pub(crate) struct Daemon {
    /// Folder `$PEBBLE`, also for a test's own files.
    pub(crate) dir: tempfile::TempDir,
    child: Child,
    how: Start,
}

/// Options of a daemon.
#[derive(Clone, Default)]
pub(crate) struct Start {
    /// Arguments after `run`.
    pub(crate) arguments: Vec<String>,
    /// Files in the folder: name and text. `$DIR` in an argument stands for the folder.
    pub(crate) files: Vec<(&'static str, String)>,
    /// Folder below the test's that is the daemon's; the test's own if `None`.
    pub(crate) folder: Option<&'static str>,
    /// Folder that the daemon copies at its first start.
    pub(crate) copy: Option<PathBuf>,
    /// User and group to run as; needs root.
    pub(crate) user: Option<u32>,
    /// True if the daemon can't write its folder.
    pub(crate) unwritable: bool,
}

impl Daemon {
    /// Starts a daemon and waits until it answers.
    pub(crate) fn start(how: Start) -> Daemon {
        let mut daemon = Daemon::begin(how);
        daemon.await_socket();
        daemon
    }

    /// Starts a daemon without waiting for an answer.
    pub(crate) fn begin(how: Start) -> Daemon {
        let dir = tempfile::Builder::new().prefix("pebble-suite-").tempdir().expect("a folder to work in");
        for (name, text) in &how.files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        if how.unwritable {
            std::fs::write(dir.path().join(LOG), "").expect("a log of the daemon");
            std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o555)).expect("its owner may do so");
        } else if let Some(user) = how.user {
            std::os::unix::fs::chown(dir.path(), Some(user), Some(user)).expect("root gives folders away");
        }
        let child = spawn(dir.path(), &how);
        Daemon { dir, child, how }
    }

    /// Starts another daemon in the same folder, after the first was stopped or killed.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.dir.path(), &self.how);
        self.await_socket();
    }

    /// Starts a second daemon in the same folder, which must end; returns its exit code and output.
    pub(crate) fn spawn_second(&self) -> (Option<i32>, String) {
        let before = self.printed().len();
        let mut second = spawn(self.dir.path(), &self.how);
        let status = until("the second daemon ends", || second.try_wait().expect("it is our child"));
        (status.code(), self.printed().split_off(before))
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    /// A client of the daemon.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.socket())
    }

    /// Id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Output so far.
    pub(crate) fn printed(&self) -> String {
        std::fs::read_to_string(self.dir.path().join(LOG)).unwrap_or_default()
    }

    /// Path of a name in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().expect("temporary folders have plain names").to_owned()
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.ended();
    }

    /// True if the daemon has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// Waits for the end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("the daemon ends", || self.child.try_wait().expect("it is our child"))
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        // It may have ended already.
        kill_process(Pid::from_child(&self.child), signal).ok();
    }

    fn await_socket(&mut self) {
        until("the daemon answers", || {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                panic!("the daemon ended at once ({status}):\n{}", self.printed());
            }
            self.client().system_info().ok()
        });
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // So that the folder can be removed.
        std::fs::set_permissions(self.dir.path(), std::fs::Permissions::from_mode(0o755)).ok();
        self.signal(Signal::TERM);
        let patience = Instant::now() + SOON;
        while Instant::now() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.signal(Signal::KILL);
        self.child.wait().ok();
    }
}

/// Polls until `ask` returns a value; panics after [`SOON`].
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + SOON;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < patience, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// True if the test runs as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn spawn(dir: &Path, how: &Start) -> Child {
    let log = File::options().create(true).append(true).open(dir.join(LOG)).expect("a log of the daemon");
    let mut command = Command::new(testkit::pebble());
    let folder = dir.to_str().expect("temporary folders have plain names");
    command.arg("run").args(how.arguments.iter().map(|word| word.replace("$DIR", folder))).current_dir(dir);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin").env("HOME", dir);
    if let Some(source) = &how.copy {
        command.env("PEBBLE_COPY_ONCE", source);
    }
    command
        .env("PEBBLE", how.folder.map_or(dir.to_owned(), |name| dir.join(name)))
        .env("PEBBLE_SOCKET", dir.join("socket"));
    command.stdin(std::process::Stdio::null()).stdout(log.try_clone().expect("a second handle")).stderr(log);
    if let Some(user) = how.user {
        command.uid(user).gid(user);
    }
    command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", testkit::pebble().display()))
}
