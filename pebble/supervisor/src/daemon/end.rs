//! The daemon's end: the signals for it, and the clean-up before the process exits.

use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use rustix::process::getuid;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::{Daemon, EndReason};
use crate::api;
use crate::forward;
use crate::journal::Event;
use crate::runner;

/// Time that requests and tasks get to end with the daemon.
const GRACE: Duration = Duration::from_secs(1);

/// The signals that end the daemon.
pub(super) struct Stops {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Stops {
    /// Installs the handlers.
    pub(super) fn new() -> io::Result<Stops> {
        Ok(Stops {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "terminated",
            _ = self.interrupt.recv() => "interrupt",
            _ = self.quit.recv() => "quit",
        }
    }
}

/// Waits for a signal or an internal reason to end.
pub(super) async fn until_end(daemon: &Daemon, stops: &mut Stops) -> EndReason {
    let mut reason = daemon.end.subscribe();
    tokio::select! {
        name = stops.next() => {
            daemon.journal.note(&format!("Exiting on {name} signal."));
            EndReason::Asked
        }
        end = reason.wait_for(Option::is_some) => {
            let end = end.ok().and_then(|end| *end).unwrap_or(EndReason::Asked);
            daemon.journal.note("Server exiting! Reason: <nil>");
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
