//! Handle of a keeper: this program, started again in another role, which ends when our pipe closes.
//!
//! The pipe is its standard input. Only this process holds the other end, so the keeper also ends when this process is
//! killed. The pipe carries messages, one JSON document on each line.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::log_tail::LogTail;
use crate::private;

/// Path of the running program, even if a newer build has replaced its file.
pub(crate) const OURSELVES: &str = "/proc/self/exe";

/// A running keeper. Dropping it ends the keeper, and waits for that.
#[derive(Debug)]
pub(crate) struct KeeperHandle {
    keeper: Child,
    log: PathBuf,
    grace: Duration,
}

impl KeeperHandle {
    /// Starts this program in `role`. It reads the file `description` and logs to the file `log`; `stdout` becomes its
    /// standard output. When it is dropped, it has the time `grace` to end before it is killed.
    pub(crate) fn start(
        role: &str,
        description: &Path,
        stdout: Option<BorrowedFd<'_>>,
        log: &Path,
        grace: Duration,
    ) -> io::Result<Self> {
        let stdout = match stdout {
            Some(stdout) => Stdio::from(stdout.try_clone_to_owned()?),
            None => Stdio::null(),
        };
        let keeper = Command::new(OURSELVES)
            .arg0("webcharm")
            .arg(role)
            .arg(description)
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(File::options().create(true).append(true).mode(0o600).open(log)?)
            .process_group(0)
            .spawn()?;
        Ok(Self { keeper, log: log.to_owned(), grace })
    }

    /// Process id. The kernel doesn't reuse it as long as this value lives.
    pub(crate) fn id(&self) -> u32 {
        self.keeper.id()
    }

    /// Sends a message.
    pub(crate) fn tell(&self, message: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        let mut input = self.keeper.stdin.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(&line)
    }

    /// Exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.keeper.try_wait().ok().flatten()
    }

    /// Asks it to end, without waiting for it.
    pub(crate) fn ask_to_end(&mut self) {
        drop(self.keeper.stdin.take());
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self) -> LogTail {
        LogTail::of(&self.log)
    }

    /// The last lines of its log, for a pod: of its services' output.
    pub(crate) fn service_log_tail(&self) -> LogTail {
        LogTail::of_services(&self.log)
    }
}

impl Drop for KeeperHandle {
    fn drop(&mut self) {
        self.ask_to_end();
        let started = Instant::now();
        while self.ended().is_none() {
            if started.elapsed() > self.grace {
                let _ = self.keeper.kill();
                let _ = self.keeper.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Writes a keeper's description.
pub(crate) fn describe(path: &Path, description: &impl Serialize) -> io::Result<()> {
    private::write(path, &serde_json::to_vec_pretty(description)?)
}

/// Reads a keeper's description.
pub(crate) fn described<T: for<'de> serde::Deserialize<'de>>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
