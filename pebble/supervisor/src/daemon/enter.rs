//! `pebble enter VERB`: a verb as a process of its own, in whose life the daemon runs.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;

use tokio::task::spawn_local;

use super::{Daemon, EndReason, Error};
use crate::cli::Options;
use crate::process::{Group, Spawn};

/// Verbs after whose success the daemon goes on.
const KEEP: [&str; 2] = ["start", "stop"];

/// Starts the verb; its end is the daemon's.
pub(super) fn run(daemon: &Rc<Daemon>, options: &Options) -> Result<(), Error> {
    let words = options.subcommand.iter().map(|word| word.to_string_lossy().into_owned());
    let command: Vec<String> = std::iter::once("/proc/self/exe".to_owned()).chain(words).collect();
    let mut environment = daemon.environment();
    environment.insert("PEBBLE_SOCKET".to_owned(), options.socket.display().to_string());
    let spawn = Spawn {
        command: &command,
        environment: &environment,
        directory: None,
        owner: None,
        group: Group::Daemons,
        marks: &daemon.reaper.marks,
        stdin: Some(io::stdin().as_fd().try_clone_to_owned()?),
        stdout: io::stdout().as_fd().try_clone_to_owned()?,
        stderr: io::stderr().as_fd().try_clone_to_owned()?,
    };
    let pid = spawn.start().map_err(|error| Error::System(io::Error::other(error.to_string())))?;
    let exit = daemon.reaper.exit_of(pid);
    let keeps = options.subcommand.first().is_some_and(|verb| KEEP.iter().any(|keep| verb == OsStr::new(keep)));
    let daemon = daemon.clone();
    spawn_local(async move {
        let code = exit.await.unwrap_or(1);
        if code != 0 || !keeps {
            daemon.shutdown(EndReason::Entered(u8::try_from(code).unwrap_or(1)));
        }
    });
    Ok(())
}
