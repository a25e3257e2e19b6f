//! Handle of a command that runs.

use std::fmt;
use std::time::Duration;

use futures_util::future::try_join;
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use super::pipes::MessageSink;
use super::{ExecOutputPipe, ExecStdin, Socket, broken, exit_code, failed};
use crate::Error;
use crate::client::Client;
use crate::connect::{Connect, UnixConnect};
use crate::types::{Change, ChangeId, ExecOptions, ExecOutput, Signal};
use crate::wire::within;

/// A running command, as [`std::process::Child`]: streams of its input and outputs, signals, a wait.
///
/// A command blocks while it prints what is not read, so read its outputs before or while you wait. Dropping the handle
/// or its outputs closes their websockets: a command of which the daemon can't pass on the output is killed.
pub struct ExecProcess<C: Connect = UnixConnect> {
    /// Input; take it to write from another task, drop it or shut it down to end it.
    pub stdin: Option<ExecStdin>,
    /// Output; take it to read from another task.
    pub stdout: Option<ExecOutputPipe>,
    /// Error output; `None` if it joins the output: [`ExecOptions::combine_stderr`], or a terminal.
    pub stderr: Option<ExecOutputPipe>,
    /// Kept open to the end: Pebble kills a command that loses it.
    control: MessageSink,
    client: Client<C>,
    change: ChangeId,
    command: String,
    timeout: Option<Duration>,
    code: Option<i32>,
}

/// Message to a command, in [the protocol of the control websocket](https://documentation.ubuntu.com/pebble/reference/api/api/).
#[derive(Serialize)]
#[serde(tag = "command", rename_all = "lowercase")]
enum Control {
    Signal { signal: Named },
    Resize { resize: Size },
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
}

#[derive(Serialize)]
struct Size {
    width: u16,
    height: u16,
}

impl<C: Connect> fmt::Debug for ExecProcess<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecProcess")
            .field("command", &self.command)
            .field("change", &self.change)
            .finish_non_exhaustive()
    }
}

impl<C: Connect> ExecProcess<C> {
    pub(super) fn new(
        client: Client<C>,
        options: &ExecOptions,
        change: ChangeId,
        (control, stdio, stderr): (Socket<C>, Socket<C>, Option<Socket<C>>),
    ) -> ExecProcess<C> {
        let (input, output) = stdio.split();
        ExecProcess {
            stdin: Some(ExecStdin::new(Box::pin(input))),
            stdout: Some(ExecOutputPipe::new(Box::pin(output))),
            stderr: stderr.map(|stderr| ExecOutputPipe::new(Box::pin(stderr))),
            control: Box::pin(control),
            client,
            change,
            command: options.name().to_owned(),
            timeout: options.timeout,
            code: None,
        }
    }

    /// The change of the command.
    pub fn change_id(&self) -> &ChangeId {
        &self.change
    }

    /// Sends a signal to the command.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the command has ended.
    pub async fn signal(&mut self, signal: Signal) -> Result<(), Error> {
        self.command(&Control::Signal { signal: Named { name: signal.as_str() } }).await
    }

    /// Changes the size of the command's terminal, in columns and rows.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the command has ended. A command without a terminal ignores it.
    pub async fn resize(&mut self, width: u16, height: u16) -> Result<(), Error> {
        self.command(&Control::Resize { resize: Size { width, height } }).await
    }

    async fn command(&mut self, message: &Control) -> Result<(), Error> {
        let text = serde_json::to_string(message).expect("messages have text keys only");
        let sent = self.control.send(Message::text(text)).await;
        sent.map_err(|error| broken(&format!("the control of {}", self.command), error))
    }

    /// Ends the input, waits for the command's end and returns its exit code: 128 plus the signal's number if one
    /// killed it. After [`Error::Timeout`] it still runs, and may be waited for again.
    ///
    /// # Errors
    /// [`Error::Timeout`] after `limit`, [`Error::Exec`] if the command did not start, [`Error::ExecTimeout`] if it was
    /// killed at its own timeout.
    pub async fn wait(&mut self, limit: Duration) -> Result<i32, Error> {
        if let Some(code) = self.code {
            return Ok(code);
        }
        if let Some(mut stdin) = self.stdin.take() {
            // An error means that the command has ended.
            within(self.client.limits().idle, || self.command.clone(), stdin.shutdown()).await?.ok();
        }
        let change = match self.client.wait_ready(&self.change, limit).await {
            Err(Error::Timeout { after, .. }) => return Err(Error::Timeout { what: self.command.clone(), after }),
            change => change?,
        };
        self.end(change)
    }

    /// The exit code as [`ExecProcess::wait`] returns it, if the command has ended. Does not wait and leaves the input
    /// open.
    ///
    /// # Errors
    /// As [`ExecProcess::wait`], without the timeout.
    pub async fn try_wait(&mut self) -> Result<Option<i32>, Error> {
        if self.code.is_some() {
            return Ok(self.code);
        }
        let change = self.client.change(&self.change).await?;
        if change.ready { self.end(change).map(Some) } else { Ok(None) }
    }

    fn end(&mut self, change: Change) -> Result<i32, Error> {
        if change.err.is_some() {
            return Err(failed(&self.command, self.timeout, change));
        }
        let code = exit_code(&change)?;
        self.code = Some(code);
        Ok(code)
    }

    /// Ends the input, reads what is left of the outputs, and waits for the command's end.
    ///
    /// # Errors
    /// As [`ExecProcess::wait`]; [`Error::TooLarge`] for more than [`crate::Limits::output`] bytes of one output. In both
    /// cases the handle is gone, and the command is killed.
    pub async fn wait_with_output(mut self, limit: Duration) -> Result<ExecOutput, Error> {
        let most = self.client.limits().output;
        let (stdin, stdout, stderr) = (self.stdin.take(), self.stdout.take(), self.stderr.take());
        let command = self.command.clone();
        let outputs = async {
            if let Some(mut stdin) = stdin {
                // An error means that the command has ended.
                stdin.shutdown().await.ok();
            }
            try_join(whole(stdout, most, &command), whole(stderr, most, &command)).await
        };
        let (stdout, stderr) = within(limit, || command.clone(), outputs).await??;
        // Pebble ends the change right after the outputs.
        let exit_code = self.wait(limit).await?;
        Ok(ExecOutput { exit_code, stdout, stderr })
    }
}

/// The rest of an output of at most `limit` bytes.
async fn whole(pipe: Option<ExecOutputPipe>, limit: usize, command: &str) -> Result<Vec<u8>, Error> {
    let what = || format!("the output of {command}");
    let mut output = Vec::new();
    let Some(pipe) = pipe else { return Ok(output) };
    let read = pipe.take(limit as u64 + 1).read_to_end(&mut output).await;
    read.map_err(|error| Error::Disconnected { what: what(), source: Some(error.into()) })?;
    if output.len() > limit { Err(Error::TooLarge { what: what(), limit }) } else { Ok(output) }
}

#[cfg(test)]
mod tests;
