//! Verb's side of the protocol. Every wait has a limit.
//!
//! The model's process sends a sign of life every [`super::BEAT`] while an answer is being made. So an answer may take
//! long, and a process that is stopped or hangs is noticed within seconds.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use juju_testing::peer;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{Answer, Error, LONGEST, Request, send};
use crate::runtime;
use crate::ui;

/// Longest silence of the model's process; after it the verb fails.
const PATIENCE: Duration = Duration::from_secs(15);

/// Interval of the checks of the process's state.
const LOOK: Duration = Duration::from_secs(1);

/// Time after which a user who waits for the model's end is told about `--force`.
const END: Duration = Duration::from_secs(5);

/// Longest wait for a process that has closed its connection to be gone.
const EXIT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// Sends a request to the process that runs `model`, and returns the answer. Prints progress on standard error.
///
/// # Errors
/// When the model isn't up, its process is stopped or silent, the connection breaks, or the model refuses.
pub fn ask(model: &str, request: &Request) -> Result<Answer, Error> {
    let mut conversation = Conversation::begin(model)?;
    conversation.send(request)?;
    conversation.answer()
}

/// Asks for the end of `model`, and waits until its process has ended.
///
/// # Errors
/// As of [`ask`], but for a connection that breaks: it is the end.
pub fn ask_down(model: &str) -> Result<(), Error> {
    Conversation::begin(model)?.end()
}

/// Waits until a process is gone, [`EXIT`] at most. The kernel closes its connections before it releases its locks,
/// which tell `prune` and the next `up` that folders are in use.
fn await_exit(process: Option<OwnedFd>) {
    if let Some(process) = process {
        let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&EXIT));
    }
}

/// A connection for one request.
struct Conversation {
    model: String,
    process: Option<Pid>,
    stream: BufReader<UnixStream>,
    line: Vec<u8>,
    heard: Instant,
}

impl Conversation {
    fn begin(model: &str) -> Result<Self, Error> {
        let folder = runtime::folder(model)?;
        if !runtime::is_there(&runtime::base())? {
            return Err(Error::not_up(model));
        }
        let stream = connect(model, &folder)?;
        stream
            .set_read_timeout(Some(LOOK))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .map_err(Error::Broken)?;
        Ok(Self {
            model: model.to_owned(),
            process: runtime::process(&folder),
            stream: BufReader::new(stream),
            line: Vec::new(),
            heard: Instant::now(),
        })
    }

    fn send(&mut self, request: &Request) -> Result<(), Error> {
        send(self.stream.get_mut(), request).map_err(Error::Broken)
    }

    fn end(mut self) -> Result<(), Error> {
        let process = self.process.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        match self.send(&Request::Down).and_then(|()| self.listen_to_the_end()) {
            // The process keeps the connection open until it has cleaned up. A killed one may close it at any moment,
            // even before the request is there.
            Err(Error::Broken(_)) => {
                await_exit(process);
                Ok(())
            }
            other => other,
        }
    }

    /// Reads until the connection closes: with [`Error::Broken`]. Tells a user who waits for long about `--force`.
    fn listen_to_the_end(&mut self) -> Result<(), Error> {
        let (started, mut is_told) = (Instant::now(), false);
        loop {
            self.next()?;
            if !is_told && started.elapsed() > END {
                ui::note("still waiting for the model to end; `webcharm down --force` ends it at once");
                is_told = true;
            }
        }
    }

    fn answer(&mut self) -> Result<Answer, Error> {
        loop {
            match self.next()? {
                Answer::Refused { reason } => return Err(Error::Refused(reason)),
                Answer::Told { line } => ui::note(&format!("  {line}")),
                Answer::Alive => {}
                answer => return Ok(answer),
            }
        }
    }

    /// Reads the next message. A time-out in the middle of a message keeps the part that has been read.
    fn next(&mut self) -> Result<Answer, Error> {
        loop {
            let room = LONGEST.saturating_sub(self.line.len() as u64);
            match self.stream.by_ref().take(room).read_until(b'\n', &mut self.line) {
                Ok(_) if self.line.last() == Some(&b'\n') => {
                    self.heard = Instant::now();
                    let message = serde_json::from_slice(&self.line);
                    self.line.clear();
                    return message.map_err(Error::Language);
                }
                Ok(_) => return Err(Error::Broken(ErrorKind::UnexpectedEof.into())),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    check(&self.model, self.process, self.heard)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Broken(error)),
            }
        }
    }
}

/// Connects. Waits while the queue of the socket is full, unless the process is stopped or silent.
fn connect(model: &str, folder: &Path) -> Result<UnixStream, Error> {
    let started = Instant::now();
    loop {
        match try_connect(&runtime::control_socket(folder)) {
            Ok(stream) => {
                peer::check(&stream).map_err(Error::Stranger)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                check(model, runtime::process(folder), started)?;
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Err(Error::not_up(model));
            }
            Err(source) => return Err(Error::Connect { model: model.to_owned(), source }),
        }
    }
}

/// Connects without waiting: [`ErrorKind::WouldBlock`] if the queue of the socket is full.
pub(super) fn try_connect(path: &Path) -> io::Result<UnixStream> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Fails if the process is stopped, or has been silent for too long.
fn check(model: &str, process: Option<Pid>, heard: Instant) -> Result<(), Error> {
    let (model, pid) = (model.to_owned(), process.map_or(0, |pid| pid.as_raw_nonzero().get()));
    if process.is_some_and(is_stopped) && heard.elapsed() >= LOOK {
        return Err(Error::Stopped { model, pid });
    }
    if heard.elapsed() > PATIENCE { Err(Error::Silent { model, pid, seconds: PATIENCE.as_secs() }) } else { Ok(()) }
}

/// True for a process that SIGSTOP, Ctrl-Z or a debugger holds.
fn is_stopped(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // The state follows the program's name, which is in parentheses and may have any characters.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use rustix::process::{Signal, WaitOptions, kill_process, waitpid};

    use super::*;

    #[test]
    fn a_stopped_process_is_known_and_a_running_one_is_not() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = Pid::from_child(&child);
        assert!(!is_stopped(pid));
        kill_process(pid, Signal::STOP).unwrap();
        waitpid(Some(pid), WaitOptions::UNTRACED).unwrap();
        assert!(is_stopped(pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_stopped(pid));
    }

    #[test]
    fn a_full_queue_of_callers_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let _listener = UnixListener::bind(&path).unwrap();
        let mut held = Vec::new();
        let full = loop {
            match try_connect(&path) {
                Ok(stream) => held.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
    }

    fn conversation(stream: UnixStream) -> Conversation {
        let stream = BufReader::new(stream);
        Conversation { model: "local".to_owned(), process: None, stream, line: Vec::new(), heard: Instant::now() }
    }

    #[test]
    fn a_process_that_is_killed_before_it_is_asked_to_end_has_ended() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        conversation(ours).end().unwrap();
    }

    #[test]
    fn a_message_may_come_in_pieces_that_are_far_apart() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let mut conversation = conversation(ours);
        theirs.write_all(b"{\"is\":\"do").unwrap();
        std::thread::scope(|scope| {
            let answer = scope.spawn(move || conversation.answer().unwrap());
            theirs.write_all(b"ne\",\"well\":true}\n").unwrap();
            assert_eq!(answer.join().unwrap(), Answer::Done { well: true, problems: Vec::new() });
        });
    }
}
