//! `up --detach`: the model runs in a process of its own, this one waits for the start to be over.
//!
//! Until then the other process lives on our input: if we are interrupted, it stops. After that it has let go of the
//! terminal altogether.

use std::fs::File;
use std::io::{self, Read};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rock::Cancel;

use super::{Error, system};
use crate::control::{self, Answer, Request};
use crate::signals::{self, Begun};
use crate::{binaries, cli, runtime};

/// Starts the process that stays, and waits until its start is over.
pub(super) fn start(model: &str, args: &cli::Up) -> Result<ExitCode, Error> {
    let folder = runtime::folder(model)?;
    if control::is_up(&folder) {
        return Err(runtime::Error::AlreadyUp(model.to_owned()).into());
    }
    let mut command = Command::new(binaries::own()?);
    command.args(["--model", model, "up", "--detached", "--port", &args.port.to_string()]).arg(&args.folder);
    let period = format!("{}ms", args.update_status_hook_interval.as_millis());
    command.args(["--update-status-hook-interval", &period]);
    command.args(args.integrate.iter().flat_map(|kind| ["--integrate", kind.short()]));
    if let Some(pebble) = &args.pebble {
        command.arg("--pebble").arg(pebble);
    }
    if let Some(charm) = &args.charm {
        command.arg("--charm").arg(charm);
    }
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(system("start the process that stays"))?;
    // Held until the start is over: its end would stop the child.
    let _lifeline = child.stdin.take();
    wait(model, &mut child)
}

/// The child has said on the terminal what there is to say; its exit, or its answer, tells how to end.
fn wait(model: &str, child: &mut Child) -> Result<ExitCode, Error> {
    loop {
        if let Some(status) = child.try_wait().map_err(system("wait for the process that stays"))? {
            return Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)));
        }
        match control::ask(model, &Request::Started) {
            Ok(Answer::Done { well: true, .. }) => return Ok(ExitCode::SUCCESS),
            Ok(_) => return Ok(ExitCode::FAILURE),
            // Our end ends it, too, if it ever goes on.
            Err(error @ (control::Error::Stopped { .. } | control::Error::Silent { .. })) => return Err(error.into()),
            // It doesn't listen yet, or has just ended.
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// The process that stays leaves the terminal's session, and stops if its parent goes before the start is over.
pub(super) fn settle_in(cancel: &Arc<Cancel>, begun: &Begun) -> io::Result<()> {
    rustix::process::setsid()?;
    let (cancel, begun) = (Arc::clone(cancel), begun.clone());
    // A copy: the original becomes /dev/null once the start is over, and this thread then only waits.
    let mut lifeline = File::from(rustix::io::dup(io::stdin())?);
    std::thread::spawn(move || {
        let _ = lifeline.read_to_end(&mut Vec::new());
        if !STARTED.load(std::sync::atomic::Ordering::SeqCst) {
            signals::orphaned(&cancel, &begun);
        }
    });
    Ok(())
}

static STARTED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// From now on the parent may end.
pub(super) fn part() {
    STARTED.store(true, std::sync::atomic::Ordering::SeqCst);
}

/// Lets go of the terminal: whoever reads our output sees its end.
pub(super) fn let_go() -> io::Result<()> {
    part();
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    Ok(())
}
