//! A hook of a charm with a container, run in its unit's pod.
//!
//! In a cluster the charm has a container of its own, which shares the pod's network and its `/etc/hosts` with the
//! workload: the names of units, applications and servers lead to where they lead for the workload. Here this program
//! stands in for the charm's `dispatch`: it enters the network of the pod's first process, shows the pod's hosts at
//! `/etc/hosts`, and becomes the charm. All other files are the host's.

use std::convert::Infallible;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::mount::mount_bind;
use rustix::net::sockopt::socket_peercred;
use rustix::process::{PidfdFlags, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::machine::CHARM_DIR;
use super::root::{Error, step};
use super::{Identity, mounts};

/// Variable with the socket of the pod's supervisor. With it, this program called `dispatch` is a hook.
pub const POD: &str = "WEBCHARM_POD";

/// Variable with a file that has the content of the pod's `/etc/hosts`.
pub const HOSTS: &str = "WEBCHARM_HOSTS";

/// The pod's socket, if this program was started as `name` to run a hook there.
#[must_use]
pub fn asked(name: &str) -> Option<PathBuf> {
    std::env::var_os(POD).filter(|_| name == "dispatch").map(PathBuf::from)
}

/// Becomes the charm's `dispatch` in the network of the pod whose supervisor listens on `socket`. The process must have
/// one thread.
///
/// # Errors
/// When the pod has ended, or the charm can't be started.
pub fn dispatch(socket: &Path) -> Result<Infallible, Error> {
    let identity = Identity::current();
    step("enter the pod's network", enter(identity, socket))?;
    mounts::leave(identity)?;
    let hosts = PathBuf::from(std::env::var_os(HOSTS).unwrap_or_default());
    step("show the charm the pod's hosts", mount_bind(&hosts, "/etc/hosts"))?;
    let dir = PathBuf::from(std::env::var_os(CHARM_DIR).unwrap_or_default());
    let program = dir.join("dispatch");
    let error = Command::new(&program).current_dir(&dir).env_remove(POD).env_remove(HOSTS).exec();
    Err(Error::Step { what: format!("start {}", program.display()), source: error })
}

/// Enters the network namespace of the process that listens on `socket`. An ordinary user enters its user namespace, too,
/// in which that user may mount files.
fn enter(identity: Identity, socket: &Path) -> io::Result<()> {
    let first = socket_peercred(UnixStream::connect(socket)?)?.pid;
    let spaces = match identity {
        Identity::Root => ThreadNameSpaceType::NETWORK,
        Identity::Single => ThreadNameSpaceType::USER | ThreadNameSpaceType::NETWORK,
    };
    Ok(move_into_thread_name_spaces(pidfd_open(first, PidfdFlags::empty())?.as_fd(), spaces)?)
}
