//! The daemon's end: the signals for it, and the clean-up before the process exits.

use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rustix::process::{getpid, getuid};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::{Daemon, EndReason};
use crate::api;
use crate::forward;
use crate::journal::Event;
use crate::runner;

/// Time that requests and tasks get to end with the daemon.
const GRACE: Duration = Duration::from_secs(1);

/// Signals that have no effect on a Go program, and so none on Pebble. A handler keeps them from ending the daemon, and
/// unlike the system's own ignoring it is not inherited by services.
const WITHOUT_EFFECT: [rustix::process::Signal; 9] = {
    use rustix::process::Signal;
    [
        Signal::USR1,
        Signal::USR2,
        Signal::ALARM,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::VTALARM,
        Signal::PROF,
        Signal::IO,
        Signal::POWER,
    ]
};

/// The signals that end the daemon.
pub(super) struct Stops {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    /// As process 1 only, which the system protects from the signal; otherwise it ends the daemon by itself.
    hangup: Option<Signal>,
}

impl Stops {
    /// Installs the handlers.
    pub(super) fn new() -> io::Result<Stops> {
        for other in WITHOUT_EFFECT {
            drop(signal(SignalKind::from_raw(other.as_raw()))?);
        }
        let hangup = getpid().is_init().then(|| signal(SignalKind::hangup())).transpose()?;
        Ok(Stops {
            hangup,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// The next signal's name; `None` for one that ends the daemon at once.
    async fn next(&mut self) -> Option<&'static str> {
        let Stops { terminate, interrupt, quit, hangup } = self;
        tokio::select! {
            _ = terminate.recv() => Some("terminated"),
            _ = interrupt.recv() => Some("interrupt"),
            _ = quit.recv() => Some("quit"),
            () = received(hangup.as_mut()) => None,
        }
    }
}

async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Waits for a signal or an internal reason to end.
pub(super) async fn until_end(daemon: &Daemon, stops: &mut Stops) -> EndReason {
    let mut reason = daemon.end.subscribe();
    tokio::select! {
        name = stops.next() => {
            let Some(name) = name else { return EndReason::HungUp };
            daemon.journal.note(&format!("Exiting on {name} signal."));
            EndReason::Asked
        }
        end = reason.wait_for(Option::is_some) => {
            let end = end.ok().and_then(|end| *end).unwrap_or(EndReason::Asked);
            if !matches!(end, EndReason::Entered(_)) {
                daemon.journal.note("Server exiting! Reason: <nil>");
            }
            end
        }
    }
}

/// Stops the services in order, aborts other tasks, saves the state and removes the socket.
pub(super) async fn finish(daemon: &Rc<Daemon>, socket: &Path) {
    daemon.journal.security(Event::Shutdown, &getuid().as_raw().to_string(), "Shutting down daemon");
    if let Some(change) = api::stop_all(daemon) {
        daemon.journal.note("Stopping all running services.");
        runner::ensure(daemon);
        let stopped = daemon.store.wait(|state| state.is_ready(change).then_some(()));
        if timeout(daemon.services.stop_timeout(), stopped).await.is_err() {
            daemon.journal.note("Cannot stop running services: timeout stopping running services");
        }
    }
    daemon.runner.end();
    let idle = daemon.store.wait(|_| daemon.runner.is_idle().then_some(()));
    // Tasks that don't end in time end with the process.
    let _ = timeout(GRACE, idle).await;
    let mut busy = daemon.busy.subscribe();
    let _ = timeout(GRACE, busy.wait_for(|count| *count == 0)).await;
    forward::finish(daemon).await;
    daemon.store.save_whole();
    daemon.verbose.borrow_mut().finish();
    // It may be removed already.
    let _ = fs::remove_file(socket);
}
