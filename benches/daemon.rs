//! A supervisor, ours or a real Pebble, as a process on this machine, outside any pod.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pebble::blocking::Client;
use tempfile::TempDir;

use crate::Result;
use crate::meter::field;

/// Time limit for its first answer and for its end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running supervisor. Dropping it ends it and its services.
pub(crate) struct Daemon {
    process: Child,
    pub(crate) client: Client,
    /// Time from its start to its first answer, in seconds.
    pub(crate) start: f64,
    dir: TempDir,
}

impl Daemon {
    /// Starts it and waits for its first answer.
    pub(crate) fn start(binary: &Path) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let socket = dir.path().join("pebble.socket");
        let log = File::create(dir.path().join("log"))?;
        let start = Instant::now();
        let process = Command::new(binary)
            .args(["run", "--create-dirs", "--hold"])
            .env("PEBBLE", dir.path().join("pebble"))
            .env("PEBBLE_SOCKET", &socket)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut daemon = Self { process, client: Client::new(socket), start: 0.0, dir };
        while daemon.client.system_info().is_err() {
            let ended = daemon.process.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                return Err(format!("{} does not answer ({ended:?}): {}", binary.display(), daemon.log()).into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        daemon.start = start.elapsed().as_secs_f64();
        Ok(daemon)
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Its resident memory, without its services', in bytes.
    pub(crate) fn memory(&self) -> Result<f64> {
        let maps = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process.id()))?;
        let bytes = field(&maps, "Rss:").ok_or("cannot read how much memory the supervisor has")?;
        Ok(bytes as f64)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // The child hasn't been reaped, so the id is its own. On SIGTERM it also ends its services.
        let asked = i32::try_from(self.process.id()).is_ok_and(|id| kill(Pid::from_raw(id), Signal::SIGTERM).is_ok());
        let start = Instant::now();
        while asked && start.elapsed() < PATIENCE {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
