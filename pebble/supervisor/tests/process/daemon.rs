//! The daemon under test.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pebble::blocking::Client;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Time after which a test counts as hanging; no test measures time.
const SOON: Duration = Duration::from_secs(60);
/// Pause between two polls.
const LOOK: Duration = Duration::from_millis(10);

/// A running daemon, killed on drop.
pub(crate) struct Daemon {
    pub(crate) folder: TempDir,
    pub(crate) child: Child,
}

/// Result of a verb.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder with one layer; an empty text is no layer.
pub(crate) fn folder(layer: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("layers")).unwrap();
    if !layer.is_empty() {
        fs::write(folder.path().join("layers/001-test.yaml"), layer).unwrap();
    }
    folder
}

/// The daemon's command for a folder, with its output in files there.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    prefixed(&[env!("CARGO_BIN_EXE_pebble")], folder, arguments)
}

/// The same after a prefix such as `unshare --pid --fork`.
pub(crate) fn prefixed(words: &[&str], folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg("run").args(arguments);
    command.env("PEBBLE", folder).env_remove("PEBBLE_SOCKET").env("HOME", folder).stdin(Stdio::null());
    command.stdout(File::create(folder.join("stdout")).unwrap()).stderr(File::create(folder.join("stderr")).unwrap());
    command
}

impl Daemon {
    /// Starts a daemon and waits until it answers.
    pub(crate) fn start(layer: &str, arguments: &[&str]) -> Daemon {
        let folder = folder(layer);
        let command = command(folder.path(), arguments);
        Daemon::spawn(folder, command)
    }

    /// Starts a daemon with this command and folder, and waits until it answers.
    pub(crate) fn spawn(folder: TempDir, mut command: Command) -> Daemon {
        let child = command.spawn().unwrap();
        let mut daemon = Daemon { folder, child };
        daemon.await_answer();
        daemon
    }

    fn await_answer(&mut self) {
        until("the daemon answers", || {
            assert_eq!(self.child.try_wait().unwrap(), None, "the daemon ended: {}", self.stderr());
            self.client().system_info().ok()
        });
    }

    /// Starts another daemon in the same folder, after the first has ended.
    pub(crate) fn start_again(&mut self, arguments: &[&str]) {
        self.begin_again(command(self.folder.path(), arguments));
    }

    /// Starts this command in the same folder, after the first daemon has ended.
    pub(crate) fn begin_again(&mut self, mut command: Command) {
        self.child = command.spawn().unwrap();
        self.await_answer();
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.socket())
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join(".pebble.socket")
    }

    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(self.folder.path().join("stdout")).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr")).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Runs a verb of the command line's client, without input.
    pub(crate) fn client_verb(&self, words: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pebble"));
        command
            .args(words)
            .env("PEBBLE", self.folder.path())
            .env_remove("PEBBLE_SOCKET")
            .env("HOME", self.folder.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Waits for the daemon's end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("the daemon ends", || self.child.try_wait().unwrap())
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Sends the head of a request and reads the answer until the daemon closes the connection.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        stream.write_all(format!("{request}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let patience = Instant::now() + SOON;
        while Instant::now() < patience && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Polls until `look` returns a value; panics after [`SOON`].
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + SOON;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < patience, "waited in vain until {what}");
        thread::sleep(LOOK);
    }
}

/// State of a process as a letter; `None` after its end.
pub(crate) fn state_of(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}
