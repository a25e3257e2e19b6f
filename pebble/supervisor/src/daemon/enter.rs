//! `pebble enter VERB`: a verb as a process of its own, in whose life the daemon runs.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::process::Pid;
use tokio::task::JoinHandle;

use super::{Daemon, EndReason};
use crate::cli::Options;
use crate::errno;
use crate::process::{Group, Spawn};

/// Verbs after whose success the daemon goes on.
const KEEP: [&str; 2] = ["start", "stop"];

/// Runs the verb once the default services have started, if they are to; its end is the daemon's. A verb that can't be
/// started ends the daemon as well. Unlike Pebble's, it also runs if there are no default services.
pub(super) async fn run(daemon: Rc<Daemon>, options: Options, started: Option<JoinHandle<()>>) {
    if let Some(started) = started {
        // The task neither panics nor is it aborted.
        let _ = started.await;
    }
    let keeps = options.subcommand.first().is_some_and(|verb| KEEP.iter().any(|keep| verb == OsStr::new(keep)));
    let code = match spawn(&daemon, &options) {
        Ok(pid) => daemon.reaper.exit_of(pid).await.unwrap_or(1),
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why}");
            1
        }
    };
    if code != 0 || !keeps {
        daemon.shutdown(EndReason::Entered(u8::try_from(code).unwrap_or(1)));
    }
}

fn spawn(daemon: &Daemon, options: &Options) -> Result<Pid, String> {
    let words = options.subcommand.iter().map(|word| word.to_string_lossy().into_owned());
    let command: Vec<String> = std::iter::once("/proc/self/exe".to_owned()).chain(words).collect();
    let mut environment = daemon.environment();
    environment.insert("PEBBLE_SOCKET".to_owned(), options.socket.display().to_string());
    let failed = |error: io::Error| errno::text(&error);
    let spawn = Spawn {
        command: &command,
        environment: &environment,
        directory: None,
        owner: None,
        group: Group::Daemons,
        marks: &daemon.reaper.marks,
        stdin: Some(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?),
        stdout: io::stdout().as_fd().try_clone_to_owned().map_err(failed)?,
        stderr: io::stderr().as_fd().try_clone_to_owned().map_err(failed)?,
    };
    spawn.start().map_err(|error| error.to_string())
}
