//! `up --detach`: the model runs in a background process, this one waits until the start is over.
//!
//! Until then a pipe ties the background process to this one: if this one ends, the other stops. After that it has no
//! connection to the terminal.

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

/// Starts the background process, and waits until its start is over.
pub(super) fn start(model: &str, args: &cli::Up) -> Result<ExitCode, Error> {
    let folder = runtime::folder(model)?;
    if control::is_up(&folder) {
        return Err(runtime::Error::AlreadyUp(model.to_owned()).into());
    }
    let mut command = Command::new(binaries::own()?);
    command.args(["--model", model, "up", "--detached", "--port", &args.port.to_string()]).arg(&args.source.folder);
    let period = format!("{}ms", args.update_status_hook_interval.as_millis());
    command.args(["--update-status-hook-interval", &period]);
    command.args(args.integrate.iter().flat_map(|provider| ["--integrate", provider.name]));
    if let Some(pebble) = &args.source.pebble {
        command.arg("--pebble").arg(pebble);
    }
    if let Some(charm) = &args.source.charm {
        command.arg("--charm").arg(charm);
    }
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(system("start the background process"))?;
    // Held until the start is over: closing it would stop the child.
    let _lifeline = child.stdin.take();
    wait(model, &mut child)
}

/// Waits for the child's exit or for its answer about the start. The child has printed all messages itself.
fn wait(model: &str, child: &mut Child) -> Result<ExitCode, Error> {
    loop {
        if let Some(status) = child.try_wait().map_err(system("wait for the background process"))? {
            return Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)));
        }
        match control::ask(model, &Request::Started) {
            Ok(Answer::Done { well: true, .. }) => return Ok(ExitCode::SUCCESS),
            Ok(_) => return Ok(ExitCode::FAILURE),
            // When this process ends, the child stops, too, once it goes on.
            Err(error @ (control::Error::Stopped { .. } | control::Error::Silent { .. })) => return Err(error.into()),
            // It doesn't listen yet, or has just ended.
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Makes this the background process: it leaves the terminal's session, and stops if its parent ends before the start
/// is over.
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

/// Replaces the standard streams with `/dev/null`, so that a reader of the output sees its end.
pub(super) fn let_go() -> io::Result<()> {
    part();
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    Ok(())
}
