//! Runs one event as Juju's unit agent does: the charm's `dispatch` as a process, in the charm's folder, with the
//! agent's environment and the hook tools first in `PATH`. Exit code 0 commits the hook's writes.

use crate::environment::{self, JUJU_VERSION, Variables};
use crate::model::{Action, Call, Error as ModelError};
use crate::server::Server;
use juju::{Event, UnitName, Version};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::collections::BTreeMap;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Limit of each output stream, in bytes; later output is read and dropped.
const KEPT: usize = 1024 * 1024;
/// Retries of a start that fails with "text file busy"; [`PAUSE`] is the time between them.
const BUSY: usize = 1000;
const PAUSE: Duration = Duration::from_millis(5);
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Settings of a charm's process.
#[derive(Clone, Debug)]
pub struct DispatchOptions {
    /// The folder with the links of [`crate::install_tools`].
    pub tools_dir: PathBuf,
    /// The folder of the containers' Pebble sockets; `None` means Juju's folder.
    pub containers_dir: Option<PathBuf>,
    /// The time after which the charm and its children are killed and the hook fails.
    pub timeout: Duration,
    /// Variables added to those of the agent; they win over variables of the same name.
    pub variables: BTreeMap<String, String>,
    /// The version of the agent.
    pub juju_version: Version,
}

impl DispatchOptions {
    /// Defaults: a timeout of five minutes, Juju 3.6.12, Juju's folder of containers.
    pub fn new(tools_dir: impl Into<PathBuf>) -> DispatchOptions {
        DispatchOptions {
            tools_dir: tools_dir.into(),
            containers_dir: None,
            timeout: Duration::from_secs(300),
            variables: BTreeMap::new(),
            juju_version: JUJU_VERSION,
        }
    }
}

/// The outcome of an event.
#[derive(Clone, Debug)]
pub struct Dispatched {
    /// The exit code; `None` when a signal ended the charm.
    pub exit: Option<i32>,
    /// True if the charm was killed at the timeout.
    pub is_timeout: bool,
    /// The hook-tool calls in order.
    pub calls: Vec<Call>,
    /// The action, if the event was an action.
    pub action: Option<Action>,
    /// First mebibyte of standard output.
    pub stdout: String,
    /// First mebibyte of standard error.
    pub stderr: String,
    /// Time from the start of the process to its end.
    pub wall: Duration,
    /// Processor time of the charm's main thread, without its hook tools. Zero where `/proc` does not tell it.
    pub cpu: Duration,
}

impl Dispatched {
    /// True if the hook succeeded, so that its writes were committed.
    pub fn is_success(&self) -> bool {
        self.exit == Some(0)
    }

    /// The number of calls of each tool.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        crate::model::counts(&self.calls)
    }
}

/// Error of a dispatch whose charm did not run.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The model refused to open the hook.
    #[error("cannot open the hook")]
    Model {
        /// Its reason.
        #[source]
        source: ModelError,
    },
    /// The charm's program could not be started.
    #[error("cannot start {}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Runs `dispatch` in the charm's folder for one event of a unit, and commits the hook's writes if it exits with 0.
///
/// The charm leads a process group of its own, which is killed at the timeout. Standard input is empty.
///
/// # Errors
/// The model has no such unit, the unit runs a hook, or the program can't be started. A charm that fails is not an
/// error.
pub fn dispatch_process(
    server: &Server,
    unit: &UnitName,
    event: &Event,
    charm_dir: &Path,
    options: &DispatchOptions,
) -> Result<Dispatched, DispatchError> {
    let hook =
        server.with(|model| model.begin(unit, event.clone())).map_err(|source| DispatchError::Model { source })?;
    let variables = server.with(|model| {
        let mut all = environment::variables(model, unit, event, &hook, options.juju_version, charm_dir);
        all.extend(of_process(server, options));
        all
    });
    let outcome = run(charm_dir, &variables, options.timeout);
    let is_success = outcome.as_ref().is_ok_and(|outcome| outcome.status.code() == Some(0));
    let finished =
        server.with(|model| model.finish(&hook, is_success)).map_err(|source| DispatchError::Model { source })?;
    let outcome = outcome.map_err(|source| DispatchError::Start { program: charm_dir.join("dispatch"), source })?;
    Ok(Dispatched {
        exit: outcome.status.code(),
        is_timeout: outcome.is_timeout,
        calls: finished.calls,
        action: finished.action,
        stdout: outcome.stdout,
        stderr: outcome.stderr,
        wall: outcome.wall,
        cpu: outcome.cpu,
    })
}

fn of_process(server: &Server, options: &DispatchOptions) -> Variables {
    let mut variables = Variables::from([
        ("HOME".to_owned(), "/root".to_owned()),
        ("JUJU_AGENT_SOCKET_ADDRESS".to_owned(), format!("@{}", server.socket().display())),
        ("PATH".to_owned(), format!("{}:{SYSTEM_PATH}", options.tools_dir.display())),
    ]);
    if let Some(dir) = &options.containers_dir {
        variables.insert("CHARM_CONTAINERS_DIR".to_owned(), dir.display().to_string());
    }
    variables.extend(options.variables.clone());
    variables
}

struct Outcome {
    status: ExitStatus,
    is_timeout: bool,
    stdout: String,
    stderr: String,
    wall: Duration,
    cpu: Duration,
}

fn run(charm_dir: &Path, variables: &Variables, timeout: Duration) -> io::Result<Outcome> {
    let start = Instant::now();
    let mut command = Command::new(charm_dir.join("dispatch"));
    command.current_dir(charm_dir).env_clear().envs(variables).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = once_written(|| command.spawn())?;
    let (end, ending) = io::pipe()?;
    let ends = (end.try_clone()?, end);
    let stdout = child.stdout.take().map(|stream| collect(stream, ends.0));
    let stderr = child.stderr.take().map(|stream| collect(stream, ends.1));
    let waited = wait(child, timeout);
    let wall = start.elapsed();
    drop(ending);
    let (stdout, stderr) = (joined(stdout)?, joined(stderr)?);
    let (status, is_timeout, cpu) = waited?;
    Ok(Outcome { status, is_timeout, stdout, stderr, wall, cpu })
}

/// Starts the charm, and tries again while its file is busy. Another thread may have forked while the file was open for
/// writing; the kernel refuses to run the file until that child has called `exec`.
fn once_written<T>(mut spawn: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..BUSY {
        match spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => std::thread::sleep(PAUSE),
            started => return started,
        }
    }
    spawn()
}

/// Waits for the child, and kills its process group at the timeout. Returns true if that ended it, and its processor time.
fn wait(mut child: Child, timeout: Duration) -> io::Result<(ExitStatus, bool, Duration)> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, ended) = channel();
    std::thread::spawn(move || sender.send(reap(&mut child)));
    let gone = || io::Error::other("the thread that waits for the charm is gone");
    match ended.recv_timeout(timeout) {
        Ok(reaped) => reaped.map(|(status, cpu)| (status, false, cpu)),
        Err(RecvTimeoutError::Disconnected) => Err(gone()),
        Err(RecvTimeoutError::Timeout) => {
            if let Some(group) = group {
                // Fails if the group has ended in the meantime.
                let _ = kill_process_group(group, Signal::KILL);
            }
            let (status, cpu) = ended.recv().map_err(|_| gone())??;
            Ok((status, status.signal().is_some(), cpu))
        }
    }
}

/// Waits for the child's end. Its processor time is read while it is a zombie: `wait4` would add its children's.
fn reap(child: &mut Child) -> io::Result<(ExitStatus, Duration)> {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        while waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
            .is_err_and(|error| error == Errno::INTR)
        {}
    }
    let cpu = std::fs::read_to_string(format!("/proc/{}/schedstat", child.id())).ok();
    let nanoseconds = cpu.and_then(|text| text.split(' ').next()?.parse().ok());
    Ok((child.wait()?, Duration::from_nanos(nanoseconds.unwrap_or_default())))
}

/// Reads a stream in a thread until it ends or the charm has ended; then reads the bytes that the pipe still holds. A
/// process that the charm left running may hold the stream open. The writer of `end` closes when the charm has ended.
fn collect(stream: impl Read + AsFd + Send + 'static, end: PipeReader) -> JoinHandle<io::Result<String>> {
    std::thread::spawn(move || {
        let (mut stream, mut kept) = (stream, Vec::new());
        let mut buffer = [0; 8192];
        while !has_ended(&stream, &end)? {
            match stream.read(&mut buffer)? {
                0 => return Ok(text(&kept)),
                count => keep(&mut kept, &buffer[..count]),
            }
        }
        let mut rest = Vec::new();
        let left = rustix::io::ioctl_fionread(&stream)?;
        stream.take(left).read_to_end(&mut rest)?;
        keep(&mut kept, &rest);
        Ok(text(&kept))
    })
}

/// Waits until the stream is readable or the charm has ended. Returns true if the charm has ended.
fn has_ended(stream: &impl AsFd, end: &PipeReader) -> io::Result<bool> {
    let mut both = [PollFd::new(stream, PollFlags::IN), PollFd::new(end, PollFlags::IN)];
    loop {
        match poll(&mut both, None) {
            Ok(_) => return Ok(!both[1].revents().is_empty()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn keep(kept: &mut Vec<u8>, piece: &[u8]) {
    let room = KEPT.saturating_sub(kept.len());
    kept.extend(&piece[..piece.len().min(room)]);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Text that the reader thread of a stream collected; empty without a thread.
fn joined(reader: Option<JoinHandle<io::Result<String>>>) -> io::Result<String> {
    let gone = |_| Err(io::Error::other("the thread that reads the charm's output is gone"));
    reader.map_or_else(|| Ok(String::new()), |reader| reader.join().unwrap_or_else(gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_still_being_written_is_tried_again_and_no_other_failure_is() {
        for (kind, fails, calls) in [
            (io::ErrorKind::ExecutableFileBusy, 3, 4),
            (io::ErrorKind::ExecutableFileBusy, 0, 1),
            (io::ErrorKind::NotFound, 1, 1),
        ] {
            let mut called = 0;
            let done = once_written(|| {
                called += 1;
                if called <= fails { Err(io::Error::from(kind)) } else { Ok(()) }
            });
            assert_eq!((called, done.is_ok()), (calls, kind == io::ErrorKind::ExecutableFileBusy));
        }
    }
}
