//! The daemon's end: what brings it about, and what is put in order before the process is gone.

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
use crate::journal::Event;
use crate::runner;

/// How long requests and tasks at work get when the daemon ends.
const GRACE: Duration = Duration::from_secs(1);

/// The signals that end the daemon.
pub(super) struct Stops {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
}

impl Stops {
    /// Takes them over from here on.
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

/// Waits until the daemon is to end.
pub(super) async fn until_end(daemon: &Daemon, stops: &mut Stops) -> EndReason {
    let mut reason = daemon.end.subscribe();
    tokio::select! {
        name = stops.next() => {
            daemon.journal.note(&format!("Exiting on {name} signal."));
            EndReason::Asked
        }
        end = reason.wait_for(Option::is_some) => {
            let end = end.ok().and_then(|end| *end).unwrap_or(EndReason::Asked);
            daemon.journal.note("Server exiting!");
            end
        }
    }
}

/// Stops the services in their order, lets go of everything else and saves.
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
    // Those that don't end in time end with us.
    let _ = timeout(GRACE, idle).await;
    let mut busy = daemon.busy.subscribe();
    let _ = timeout(GRACE, busy.wait_for(|count| *count == 0)).await;
    daemon.store.save();
    daemon.verbose.borrow_mut().finish();
    // Somebody may have removed it already.
    let _ = fs::remove_file(socket);
}
