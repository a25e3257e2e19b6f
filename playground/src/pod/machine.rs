//! A hook of a machine charm, run in its unit's machine.
//!
//! The machine is a pod without a rock: the base's programs, a root that the charm may write to, and the unit's own
//! network. On a real machine Juju's agent runs the hook there; here this program stands in for the charm's `dispatch`,
//! enters the namespaces of the machine's first process, and starts the charm.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::net::sockopt::socket_peercred;
use rustix::process::{PidfdFlags, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::confinement;
use super::root::{Error, step};

/// Variable with the socket of the machine's supervisor. With it, this program called `dispatch` is a hook.
pub const MACHINE: &str = "WEBCHARM_MACHINE";

/// Variable with the charm's folder.
pub const CHARM_DIR: &str = "JUJU_CHARM_DIR";

/// The machine's socket, if this program was started as `name` to run a hook there.
#[must_use]
pub fn asked(name: &str) -> Option<PathBuf> {
    std::env::var_os(MACHINE).filter(|_| name == "dispatch").map(PathBuf::from)
}

/// Runs the charm's `dispatch` in the machine whose supervisor listens on `socket`, and passes on its exit code. The
/// process must have one thread.
///
/// # Errors
/// When the machine has ended, or the charm can't be started.
pub fn dispatch(socket: &Path) -> Result<ExitCode, Error> {
    step("enter the machine", enter(socket))?;
    confinement::drop_privileges(false)?;
    let dir = std::env::var_os(CHARM_DIR).unwrap_or_default();
    let program = Path::new(&dir).join("dispatch");
    // Only a child is in the machine's process namespace.
    let ran = Command::new(&program).current_dir(&dir).env_remove(MACHINE).status();
    let status = step(format!("start {}", program.display()), ran)?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal));
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Enters the namespaces of the process that listens on `socket`.
fn enter(socket: &Path) -> io::Result<()> {
    let first = socket_peercred(UnixStream::connect(socket)?)?.pid;
    let spaces = ThreadNameSpaceType::USER
        | ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::NETWORK
        | ThreadNameSpaceType::PROCESS_ID
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME;
    Ok(move_into_thread_name_spaces(pidfd_open(first, PidfdFlags::empty())?.as_fd(), spaces)?)
}
