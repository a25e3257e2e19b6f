//! A command's process, from its start to the end of its outputs.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use pebble::plan::Span;
use rustix::process::{Pid, Signal};
use tokio::net::unix::pipe;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::settings::TerminalSettings;
use super::sockets::Input;
use super::terminal::{Master, open_terminal};
use super::{Settings, Socket, sockets};
use crate::daemon::Daemon;
use crate::errno;
use crate::process::{self, Group, Spawn};
use crate::runner::Abort;

/// Time to wait for a killed command's output, which a process that it left behind may hold open.
const REST: Duration = Duration::from_secs(5);

/// A running command.
pub(super) struct Running {
    pub(super) pid: Pid,
    exit: oneshot::Receiver<i32>,
    outputs: Vec<JoinHandle<()>>,
    /// The daemon's own writing ends of the outputs, which keep these open until the process ends.
    writers: Vec<OwnedFd>,
    /// Dropped when the process has ended.
    alive: Option<oneshot::Sender<()>>,
    /// The command's terminal, for the control socket.
    pub(super) terminal: Option<Master>,
}

/// Ends of a command's pipes or terminal.
struct Ends {
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
    outputs: Vec<JoinHandle<()>>,
    writers: Vec<OwnedFd>,
    alive: oneshot::Sender<()>,
    terminal: Option<Master>,
    group: Group,
}

impl Running {
    /// Starts the command. Its websockets are served first, so that the outputs of a command that doesn't start end
    /// properly.
    pub(super) async fn start(
        daemon: &Rc<Daemon>,
        settings: &Settings,
        stdio: Socket,
        stderr: Option<Socket>,
        over: &watch::Receiver<()>,
    ) -> Result<Running, String> {
        let ends = match &settings.terminal {
            None => Ends::pipes(stdio, stderr, over),
            Some(terminal) => Ends::terminal(settings, *terminal, stdio, stderr, over),
        };
        let Ends { stdin, stdout, stderr, mut outputs, writers, alive, terminal, group } =
            ends.map_err(|error| errno::text(&error))?;
        let process = Spawn {
            command: &settings.command,
            environment: &settings.environment,
            directory: Some(&settings.directory),
            owner: settings.owner,
            group,
            marks: &daemon.reaper.marks,
            stdin: Some(stdin),
            stdout,
            stderr,
        };
        let started = match settings.timeout {
            // A limit below zero is over before the start.
            Some(limit) if limit < Span::ZERO => {
                // With it the command's ends of the pipes.
                drop(process);
                Err(overdue_by(limit))
            }
            _ => process.start().map_err(|error| error.to_string()),
        };
        match started {
            Ok(pid) => {
                Ok(Running { pid, exit: daemon.reaper.exit_of(pid), outputs, writers, alive: Some(alive), terminal })
            }
            Err(error) => {
                drop((writers, alive));
                sent(&mut outputs).await;
                Err(error)
            }
        }
    }

    /// Waits for the end, or kills the command at its limit or an abort. Output that is still to be sent gets the same
    /// limit.
    pub(super) async fn end(
        mut self,
        limit: Option<Span>,
        mut abort: Abort,
        control: JoinHandle<()>,
    ) -> Result<i32, String> {
        let mut cut_short = pin!(async {
            tokio::select! {
                () = overdue(limit) => true,
                () = abort.asked() => false,
            }
        });
        let (code, late) = tokio::select! {
            code = &mut self.exit => (code, None),
            late = &mut cut_short => {
                // An ended process is fine.
                let _ = process::signal(self.pid, Signal::KILL);
                ((&mut self.exit).await, Some(late))
            }
        };
        self.writers.clear();
        self.alive = None;
        control.abort();
        let late = match late {
            // Pebble waits for any process that still holds the output; here the client's limit holds.
            Some(late) => timeout(REST, sent(&mut self.outputs)).await.map_or(late, |()| late),
            None => tokio::select! {
                () = sent(&mut self.outputs) => false,
                late = cut_short => late,
            },
        };
        match limit {
            Some(limit) if late => Err(overdue_by(limit)),
            _ => Ok(code.unwrap_or(-1)),
        }
    }
}

impl Ends {
    fn pipes(stdio: Socket, stderr: Option<Socket>, over: &watch::Receiver<()>) -> io::Result<Ends> {
        let (input_reader, input_writer) = io::pipe()?;
        let (output_reader, output_writer) = io::pipe()?;
        let input = Input::Pipe(pipe::Sender::from_owned_fd(input_writer.into())?);
        let output = pipe::Receiver::from_owned_fd(output_reader.into())?;
        let mut outputs = vec![sockets::both_ways(stdio, input, output, over)];
        let error_writer = match stderr {
            Some(socket) => error_pipe(socket, &mut outputs, over)?,
            None => output_writer.try_clone()?.into(),
        };
        let output_writer = OwnedFd::from(output_writer);
        Ok(Ends {
            stdin: input_reader.into(),
            stdout: output_writer.try_clone()?,
            stderr: error_writer.try_clone()?,
            outputs,
            writers: vec![output_writer, error_writer],
            // Pipes end by themselves.
            alive: oneshot::channel().0,
            terminal: None,
            group: Group::Session,
        })
    }

    fn terminal(
        settings: &Settings,
        terminal: TerminalSettings,
        stdio: Socket,
        stderr: Option<Socket>,
        over: &watch::Receiver<()>,
    ) -> io::Result<Ends> {
        let TerminalSettings { interactive, width, height } = terminal;
        let (master, slave) = open_terminal(settings.owner, width, height)?;
        let (alive, dead) = oneshot::channel();
        let (stdin, input) = if interactive {
            (slave.try_clone()?, Input::Terminal(master.input()?))
        } else {
            let (reader, writer) = io::pipe()?;
            (reader.into(), Input::Pipe(pipe::Sender::from_owned_fd(writer.into())?))
        };
        let mut outputs = vec![sockets::mirror(stdio, input, master.output()?, dead, over)];
        let stderr = match stderr {
            Some(socket) => error_pipe(socket, &mut outputs, over)?,
            None => slave.try_clone()?,
        };
        let group = if interactive { Group::Terminal } else { Group::Session };
        let writers = vec![slave.try_clone()?, stderr.try_clone()?];
        Ok(Ends { stdin, stdout: slave, stderr, outputs, writers, alive, terminal: Some(master), group })
    }
}

/// A pipe for error output on a websocket of its own; returns its writing end.
fn error_pipe(socket: Socket, outputs: &mut Vec<JoinHandle<()>>, over: &watch::Receiver<()>) -> io::Result<OwnedFd> {
    let (reader, writer) = io::pipe()?;
    outputs.push(sockets::one_way(socket, pipe::Receiver::from_owned_fd(reader.into())?, over));
    Ok(writer.into())
}

fn overdue_by(limit: Span) -> String {
    format!("timed out after {limit}: context deadline exceeded")
}

async fn overdue(limit: Option<Span>) {
    match limit {
        Some(limit) => sleep(limit.to_std()).await,
        None => std::future::pending().await,
    }
}

/// Waits until the outputs are sent.
async fn sent(outputs: &mut [JoinHandle<()>]) {
    for output in outputs {
        let _ = output.await;
    }
}
