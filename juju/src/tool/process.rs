//! The process of one hook tool, within limits of time and memory. The only place in the crate that spawns one.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::call::Call;

/// Longest answer. A databag has at most 16 MiB, and JSON writes few characters of text twice as long.
pub(super) const MAX_ANSWER: usize = 32 << 20;
/// Kept of what a tool says on stderr.
const MAX_SAID: usize = 64 << 10;
/// Pause between looks at a process that has closed its output and not ended yet.
const LOOKS: Duration = Duration::from_millis(2);

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
    /// It printed more than [`MAX_ANSWER`], and was killed.
    TooLong,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Text read from one of a process's streams; cut at the limit unless `is_whole`.
struct Stream {
    is_answer: bool,
    text: io::Result<Vec<u8>>,
    is_whole: bool,
}

/// Runs a tool to its end, or ends it.
pub(super) fn run(program: &Path, call: &Call, patience: Duration) -> Result<Ended, Fault> {
    let mut child = spawn(program, call)?;
    let ended = follow(&mut child, call, Instant::now() + patience, patience);
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

fn follow(child: &mut Child, call: &Call, end: Instant, patience: Duration) -> Result<Ended, Fault> {
    let (sender, streams) = channel();
    if let (Some(mut pipe), Some(text)) = (child.stdin.take(), call.stdin.clone()) {
        // Beside the reading, so that neither side waits for the other. A tool that ends without reading it all
        // says why on stderr, so a broken pipe is no news.
        thread::spawn(move || pipe.write_all(text.as_bytes()));
    }
    read(child.stdout.take(), true, sender.clone());
    read(child.stderr.take(), false, sender);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let stream = streams.recv_timeout(end.saturating_duration_since(Instant::now()));
        let stream = stream.map_err(|_| Fault::Hangs(patience))?;
        match stream.is_answer {
            true if !stream.is_whole => return Err(Fault::TooLong),
            true => stdout = stream.text?,
            false => stderr = stream.text?,
        }
    }
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended { status, stdout, stderr });
        }
        thread::park_timeout(LOOKS);
    }
    Err(Fault::Hangs(patience))
}

/// Reads a stream in a thread of its own. The thread isn't joined: a child of the tool's may keep the stream open.
fn read(stream: Option<impl Read + Send + 'static>, is_answer: bool, streams: Sender<Stream>) {
    let Some(mut stream) = stream else { return };
    thread::spawn(move || {
        let most = if is_answer { MAX_ANSWER } else { MAX_SAID };
        let mut text = Vec::new();
        let read = stream.by_ref().take(most as u64 + 1).read_to_end(&mut text).map(|_| 0);
        let is_whole = text.len() <= most;
        text.truncate(most);
        // A tool that says much on stderr is let finish.
        let drained = if is_answer { Ok(0) } else { io::copy(&mut stream, &mut io::sink()) };
        // The receiver is gone if the tool was killed.
        drop(streams.send(Stream { is_answer, text: read.and(drained).map(|_| text), is_whole }));
    });
}
