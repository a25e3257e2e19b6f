//! A command's process, from its start to the end of its outputs.

use std::io::{self, PipeWriter};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use pebble::plan::Span;
use rustix::process::{Pid, Signal};
use tokio::net::unix::pipe;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Settings, Socket, sockets};
use crate::daemon::Daemon;
use crate::errno;
use crate::process::{self, Group, Spawn};
use crate::runner::Abort;

/// Time to wait for a killed command's output, which a process that it left behind may hold open.
const REST: Duration = Duration::from_secs(1);

/// A running command.
pub(super) struct Running {
    pub(super) pid: Pid,
    exit: oneshot::Receiver<i32>,
    outputs: Vec<JoinHandle<()>>,
    /// The daemon's own writing ends of the outputs, which keep these open until the process ends.
    writers: Vec<PipeWriter>,
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
        let failed = |error: io::Error| errno::text(&error);
        let (input_reader, input_writer) = io::pipe().map_err(failed)?;
        let (output_reader, output_writer) = io::pipe().map_err(failed)?;
        let (error_reader, error_writer) = match stderr {
            Some(_) => io::pipe().map(|(reader, writer)| (Some(reader), writer)),
            None => output_writer.try_clone().map(|writer| (None, writer)),
        }
        .map_err(failed)?;
        let input = pipe::Sender::from_owned_fd(input_writer.into()).map_err(failed)?;
        let output = pipe::Receiver::from_owned_fd(output_reader.into()).map_err(failed)?;
        let mut outputs = vec![sockets::both_ways(stdio, input, output, over)];
        if let (Some(socket), Some(reader)) = (stderr, error_reader) {
            let output = pipe::Receiver::from_owned_fd(reader.into()).map_err(failed)?;
            outputs.push(sockets::one_way(socket, output, over));
        }
        let process = Spawn {
            command: &settings.command,
            environment: &settings.environment,
            directory: Some(&settings.directory),
            owner: settings.owner,
            group: Group::Session,
            stdin: Some(input_reader.into()),
            stdout: output_writer.try_clone().map_err(failed)?.into(),
            stderr: error_writer.try_clone().map_err(failed)?.into(),
        };
        let writers = vec![output_writer, error_writer];
        match process.start() {
            Ok(pid) => Ok(Running { pid, exit: daemon.reaper.exit_of(pid), outputs, writers }),
            Err(error) => {
                drop(writers);
                sent(&mut outputs).await;
                Err(error.to_string())
            }
        }
    }

    /// Waits for the end, or kills the command at its limit or an abort. Output that is still to be sent gets the same
    /// limit.
    pub(super) async fn end(
        mut self,
        limit: Option<Duration>,
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
            Some(limit) if late => Err(format!("timed out after {}: context deadline exceeded", Span::from(limit))),
            _ => Ok(code.unwrap_or(-1)),
        }
    }
}

async fn overdue(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => std::future::pending().await,
    }
}

/// Waits until the outputs are sent.
async fn sent(outputs: &mut [JoinHandle<()>]) {
    for output in outputs {
        let _ = output.await;
    }
}
