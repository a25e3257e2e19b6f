//! The streams of a hook tool's process: fed and read by this thread alone, as each is ready. A thread for each stream would
//! cost more processor time than the rest of an event.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, read, write};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::process::Fault;

/// Longest answer. A databag has at most 16 MiB, and JSON writes few characters of text twice as long.
pub(super) const MAX_ANSWER: usize = 32 << 20;
/// Kept of what a tool says on stderr.
const MAX_SAID: usize = 64 << 10;
/// Room for one read, of a pipe's own size at most.
const PIECE: usize = 64 << 10;
/// Pause between looks at a process whose end can't be waited for.
const LOOKS: Duration = Duration::from_millis(2);

/// What goes into a process and what came out of it. A stream that has ended is `None`.
pub(super) struct Streams<'a> {
    input: Option<(ChildStdin, &'a [u8])>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// Readable when the process has ended; `None` on a kernel or in a sandbox that has no such descriptors.
    process: Option<OwnedFd>,
    pub(super) answer: Vec<u8>,
    pub(super) said: Vec<u8>,
}

impl<'a> Streams<'a> {
    /// Takes the pipes of a child, to give it that text.
    pub(super) fn of(child: &mut Child, text: Option<&'a str>) -> io::Result<Self> {
        let input = child.stdin.take().zip(text.map(str::as_bytes));
        if let Some((pipe, _)) = &input {
            ioctl_fionbio(pipe, true)?;
        }
        let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).ok();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Ok(Self { input, stdout, stderr, process, answer: Vec::new(), said: Vec::new() })
    }

    /// Whether the process can't say more: neither it nor a child of its holds stdout or stderr open.
    pub(super) fn are_read(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Waits until a stream is ready, or the process has ended, then moves what can be moved.
    ///
    /// # Errors
    ///
    /// [`Fault::TooLong`] for an answer over [`MAX_ANSWER`]; returns without one when the time is over.
    pub(super) fn step(&mut self, end: Instant) -> Result<(), Fault> {
        let (can_write, can_read, can_read_said) = self.ready(end)?;
        if can_write {
            self.write()?;
        }
        if can_read {
            read_piece(&mut self.stdout, &mut self.answer)?;
            if self.answer.len() > MAX_ANSWER {
                return Err(Fault::TooLong);
            }
        }
        if can_read_said {
            read_piece(&mut self.stderr, &mut self.said)?;
            // A tool that says much is let finish.
            self.said.truncate(MAX_SAID);
        }
        Ok(())
    }

    /// Readiness of input, stdout and stderr.
    fn ready(&self, end: Instant) -> io::Result<(bool, bool, bool)> {
        let input = self.input.as_ref().map(|(pipe, _)| pipe.as_fd());
        let (stdout, stderr) = (self.stdout.as_ref().map(AsFd::as_fd), self.stderr.as_ref().map(AsFd::as_fd));
        let process = self.process.as_ref().map(AsFd::as_fd).filter(|_| self.are_read());
        let mut fds: Vec<PollFd<'_>> = [input, stdout, stderr, process]
            .into_iter()
            .zip([PollFlags::OUT, PollFlags::IN, PollFlags::IN, PollFlags::IN])
            .filter_map(|(fd, flags)| Some(PollFd::from_borrowed_fd(fd?, flags)))
            .collect();
        let is_blind = self.are_read() && process.is_none();
        let mut left = end.saturating_duration_since(Instant::now());
        if is_blind {
            left = left.min(LOOKS);
        }
        match poll(&mut fds, Timespec::try_from(left).ok().as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut answers = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut is_ready = |fd: Option<BorrowedFd<'_>>| fd.is_some() && answers.next() == Some(true);
        Ok((is_ready(input), is_ready(stdout), is_ready(stderr)))
    }

    /// Writes a piece of the input. A tool that ends without reading it all says why on stderr, so a broken pipe is no news.
    fn write(&mut self) -> io::Result<()> {
        let Some((pipe, rest)) = &mut self.input else { return Ok(()) };
        match write(&*pipe, rest) {
            Ok(written) => *rest = &rest[written..],
            Err(Errno::AGAIN | Errno::INTR) => return Ok(()),
            Err(Errno::PIPE) => *rest = &[],
            Err(errno) => return Err(errno.into()),
        }
        if rest.is_empty() {
            self.input = None;
        }
        Ok(())
    }
}

/// Reads a piece of a stream that is ready, and closes it at its end.
fn read_piece(stream: &mut Option<impl AsFd>, text: &mut Vec<u8>) -> io::Result<()> {
    let Some(pipe) = stream else { return Ok(()) };
    text.reserve(PIECE.min(text.len().max(4 << 10)));
    match read(pipe, spare_capacity(text)) {
        Ok(0) => *stream = None,
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(errno.into()),
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, clippy::expect_used, reason = "a process is what is tested")]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_end_of_a_process_is_seen_where_it_cannot_be_waited_for() {
        let mut sh = Command::new("sh");
        sh.args(["-c", "cat; exec >&- 2>&-; kill -s TERM $$"]);
        let mut child =
            sh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process");
        let mut streams = Streams::of(&mut child, Some("text")).expect("its streams");
        streams.process = None;
        let end = Instant::now() + Duration::from_secs(60);
        while !streams.are_read() || child.try_wait().expect("its end").is_none() {
            streams.step(end).expect("no fault");
            assert!(Instant::now() < end, "the process was not seen to end");
        }
        assert_eq!(streams.answer, b"text");
    }
}
