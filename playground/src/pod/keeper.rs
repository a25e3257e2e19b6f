//! The keeper: the process between `webcharm up` and the pod's pid 1.
//!
//! It ends the pod when its standard input ends; each line there has all neighbors from now on. Its standard output is
//! the listening socket of the pod's port, its standard error the pod's log.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::way::Ways;
use super::{GRACE, INIT, Identity, Neighbor, Spec, namespace, relay};
use crate::keeper_handle::{OURSELVES, described};
use crate::network;

/// Reasons why a pod can't be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The description can't be read.
    #[error("cannot read the pod's description")]
    Describe(#[source] io::Error),
    /// Namespaces can't be made.
    #[error(transparent)]
    Namespace(#[from] namespace::Error),
    /// The network can't be made or joined.
    #[error(transparent)]
    Network(#[from] network::Error),
    /// Pid 1 can't be started.
    #[error("cannot start the pod's first process")]
    Init(#[source] io::Error),
}

/// Runs the pod described in `description` until its first process ends, and ends it when this process's input ends.
/// Returns the exit code of the pod's first process.
///
/// # Errors
/// When the pod can't be started.
pub fn keep(description: &Path) -> Result<u8, Error> {
    let spec: Spec = described(description).map_err(Error::Describe)?;
    match &spec.network {
        Some(place) => network::join(spec.identity, place)?,
        None => {
            namespace::leave(spec.identity)?;
            network::alone()?;
            relay::start(given_listener().map_err(Error::Init)?, spec.port);
        }
    }
    let mut ways = Ways::default();
    ways.lead_to(&spec.neighbors);
    attend(INIT, description, spec.identity, GRACE, move |line, _| {
        // Only `webcharm up` writes to the input, and only lists of neighbors.
        if let Ok(neighbors) = serde_json::from_str::<Vec<Neighbor>>(line) {
            ways.lead_to(&neighbors);
        }
    })
}

/// The listener that this process got as its standard output.
pub(crate) fn given_listener() -> io::Result<TcpListener> {
    Ok(TcpListener::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Starts this program as `init`, the first process of a new pid namespace, and returns its exit code. Lines of this
/// process's input go to `hear`, with a handle to signal `init`. When the input ends, `init` gets SIGTERM and, after
/// `grace`, SIGKILL; if `grace` is zero, SIGKILL at once.
///
/// # Errors
/// When it can't be started.
pub(crate) fn attend(
    init: &str,
    description: &Path,
    identity: Identity,
    grace: Duration,
    hear: impl FnMut(&str, &OwnedFd) + Send + 'static,
) -> Result<u8, Error> {
    let (started, running) = mpsc::channel();
    thread::spawn(move || stop_with_input(hear, &running, grace));
    // From here on this thread can't start threads.
    namespace::leave_pids(identity)?;
    let mut init = start_init(init, description).map_err(Error::Init)?;
    let handle = pidfd_open(Pid::from_child(&init), PidfdFlags::empty()).map_err(|error| Error::Init(error.into()))?;
    // The thread receives as long as this process lives.
    let _ = started.send(handle);
    // Taken, because `wait` would close the child's input.
    let lifeline = init.stdin.take();
    let status = init.wait().map_err(Error::Init)?;
    drop(lifeline);
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Starts pid 1. Its input is a pipe whose other end this process holds until it ends.
fn start_init(init: &str, description: &Path) -> io::Result<Child> {
    let log = || io::stderr().as_fd().try_clone_to_owned();
    Command::new(OURSELVES)
        .arg0("webcharm")
        .arg(init)
        .arg(description)
        .stdin(Stdio::piped())
        .stdout(log()?)
        .stderr(log()?)
        .spawn()
}

/// Ends pid 1 when this process's input ends: with SIGTERM and, after `grace`, with SIGKILL. The handle is a pidfd, so
/// it can't mean another process. When pid 1 ends, this process ends, and this thread with it.
fn stop_with_input(mut hear: impl FnMut(&str, &OwnedFd), init: &mpsc::Receiver<OwnedFd>, grace: Duration) {
    let Ok(init) = init.recv() else { return };
    io::stdin().lines().map_while(Result::ok).for_each(|line| hear(&line, &init));
    if !grace.is_zero() {
        let _ = pidfd_send_signal(&init, Signal::TERM);
        thread::sleep(grace);
    }
    let _ = pidfd_send_signal(&init, Signal::KILL);
}
