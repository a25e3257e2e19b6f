//! The process of one hook tool, within limits of time and memory. The only place in the crate that spawns one.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::call::Call;
use super::streams::Streams;

/// Exit status and output of a tool's process.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// A tool that did not run to its end.
#[derive(Debug)]
pub(super) enum Fault {
    /// It could not be started, or its output not be read.
    Io(io::Error),
    /// It still ran after that time, and was killed.
    Hangs(Duration),
    /// It printed more than [`MAX_ANSWER`](super::streams::MAX_ANSWER), and was killed.
    TooLong,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Runs a tool to its end, or ends it.
pub(super) fn run(program: &Path, call: &Call, patience: Duration) -> Result<Ended, Fault> {
    let mut child = spawn(program, call)?;
    let ended = follow(&mut child, call, patience);
    if ended.is_err() {
        // It may have ended meanwhile, which is as good.
        let _ = child.kill();
        child.wait()?;
    }
    ended
}

#[allow(clippy::disallowed_methods, reason = "this is the one place where hook tools are started")]
fn spawn(program: &Path, call: &Call) -> io::Result<Child> {
    let stdin = if call.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
    Command::new(program).args(call.args()).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

fn follow(child: &mut Child, call: &Call, patience: Duration) -> Result<Ended, Fault> {
    let end = Instant::now() + patience;
    let mut streams = Streams::of(child, call.stdin.as_deref())?;
    while Instant::now() < end {
        streams.step(end)?;
        if streams.are_read()
            && let Some(status) = child.try_wait()?
        {
            return Ok(Ended { status, stdout: streams.answer, stderr: streams.said });
        }
    }
    Err(Fault::Hangs(patience))
}
