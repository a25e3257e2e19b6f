//! Execution of commands: a request begins one, websockets carry input and output, a change has the result.
//!
//! ```text
//! POST /v1/exec              → change and task
//! websocket control          (Pebble waits for all of them before it starts the command)
//! websocket stdio            → binary: input, then text {"command":"end"}    ← binary: output, then the same end
//! websocket stderr           ← binary: error output, then the same end; only if it is split off
//! GET /v1/changes/ID/wait    → the task's exit-code
//! ```
//!
//! [`Client::exec`] does all of it for a command's whole output; [`Client::spawn`] gives a handle.

mod output;
mod pipes;
mod process;
mod progress;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::try_join;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::client::{Client, open, read};
use crate::connect::Connect;
use crate::types::{Change, ChangeId, ExecOptions, ExecOutput, ExecResult};
use crate::wire::within;
use crate::{Error, Garbage, request};

use output::{Keep, feed, receive};
use progress::Progress;

pub use pipes::{ExecOutputPipe, ExecStdin};
pub use process::ExecProcess;

type Socket<C> = WebSocketStream<Progress<<C as Connect>::Stream>>;

/// Time that the client waits beyond the command's own timeout.
const GRACE: Duration = Duration::from_secs(5);

/// Bytes of input in one message.
const PIECE: usize = 64 << 10;

/// The longest message and frame of output in bytes. Pebble's have at most 128 KiB.
const LONGEST_MESSAGE: usize = 4 << 20;

impl<C: Connect> Client<C> {
    /// Runs a command to its end. An exit code other than zero is no error.
    ///
    /// [`Error::Exec`] if it doesn't start, [`Error::ExecTimeout`] if it was killed at its timeout.
    pub async fn exec(&self, options: &ExecOptions) -> Result<ExecOutput, Error> {
        let (id, task_id) = self.begin_exec(options).await?;
        let limit = options.timeout.unwrap_or(self.wire.limits.exec) + GRACE;
        let run = within(limit, || options.name().to_owned(), self.follow(&id, &task_id, options, limit)).await;
        match run {
            // The error has the command's timeout, not the longer wait.
            Err(error) => Err(options.timeout.map_or(error, |after| timed_out(options.name(), after))),
            Ok(run) => run,
        }
    }

    /// Starts a command and returns a handle of it, as of a `std::process::Child`. The command runs until it ends, or
    /// [`ExecOptions::timeout`], or the handle is dropped.
    ///
    /// # Errors
    /// [`Error::Exec`] for a command that Pebble refuses: no such program, user or folder. A failure of the start itself
    /// is an error of [`ExecProcess::wait`].
    pub async fn spawn(&self, options: &ExecOptions) -> Result<ExecProcess<C>, Error> {
        let (change, task) = self.begin_exec(options).await?;
        let (control, stdio, stderr) = self.websockets(&task, options).await?;
        Ok(ExecProcess::new(self.clone(), options, change, (control, stdio, stderr)))
    }

    /// Has Pebble prepare a command; returns the ids of its change and its task.
    async fn begin_exec(&self, options: &ExecOptions) -> Result<(ChangeId, String), Error> {
        let (id, result) = self.begin(request::exec(options)).await.map_err(|error| not_started(options, error))?;
        let ExecResult { task_id, .. } = read("POST /v1/exec", result, "a task")?;
        Ok((id, task_id))
    }

    /// Opens a task's websockets `control`, `stdio` and, for a split output, `stderr`.
    async fn websockets(
        &self,
        task: &str,
        options: &ExecOptions,
    ) -> Result<(Socket<C>, Socket<C>, Option<Socket<C>>), Error> {
        let control = self.websocket(task, "control").await?;
        let stdio = self.websocket(task, "stdio").await?;
        let stderr = if options.splits() { Some(self.websocket(task, "stderr").await?) } else { None };
        Ok((control, stdio, stderr))
    }

    /// Connects the websockets, and moves input and outputs until the change has ended.
    async fn follow(
        &self,
        id: &ChangeId,
        task: &str,
        options: &ExecOptions,
        limit: Duration,
    ) -> Result<ExecOutput, Error> {
        // Kept open to the end: Pebble kills a command that loses it.
        let (_control, stdio, stderr) = self.websockets(task, options).await?;
        let mut outputs = pin!(self.outputs(options, stdio, stderr));
        // The caller's limit is shorter.
        let mut change = pin!(self.wait_ready(id, limit + GRACE));
        let (change, early) = tokio::select! {
            change = &mut change => (change?, None),
            outputs = &mut outputs => match outputs {
                // Pebble ends the outputs with the command, and the change right after.
                Ok(outputs) => {
                    let change = within(self.wire.limits.idle, || format!("change {id}"), change).await?;
                    (change?, Some(Ok(outputs)))
                }
                // The output may be endless: dropping the websockets ends the command.
                Err(error @ Error::TooLarge { .. }) => return Err(error),
                // The cause of a broken output mostly ended the command too, and is in its change.
                Err(error) => match within(GRACE, String::new, change).await {
                    Ok(Ok(change)) => (change, Some(Err(error))),
                    _ => return Err(error),
                },
            }
        };
        if change.err.is_some() {
            return Err(failed(options.name(), options.timeout, change));
        }
        let (stdout, stderr) = match early {
            Some(outputs) => outputs?,
            // The rest of the output arrives at once.
            None => within(self.wire.limits.idle, || options.name().to_owned(), outputs).await??,
        };
        Ok(ExecOutput { exit_code: exit_code(&change)?, stdout, stderr })
    }

    /// Reads the command's outputs while its input is sent.
    async fn outputs(
        &self,
        options: &ExecOptions,
        stdio: Socket<C>,
        stderr: Option<Socket<C>>,
    ) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let keep = || match options.keep {
            Some(bytes) => Keep::End(bytes),
            None => Keep::All(self.wire.limits.output),
        };
        let (input, output) = stdio.split();
        let feeding = feed(input, options.stdin.as_deref().unwrap_or_default());
        let stdout = alongside(feeding, receive(output, options.name(), keep()));
        match stderr {
            Some(stderr) => try_join(stdout, receive(stderr, options.name(), keep())).await,
            None => Ok((stdout.await?, Vec::new())),
        }
    }

    /// Opens one of a task's websockets.
    async fn websocket(&self, task: &str, name: &str) -> Result<Socket<C>, Error> {
        let path = request::websocket_path(task, name);
        let what = format!("GET {path}");
        let mut request =
            format!("ws://localhost{path}").into_client_request().map_err(|error| broken(&what, error))?;
        self.wire.authorize(&mut request);
        let stream = Progress::new(self.wire.open().await?, self.wire.limits.idle);
        self.wire.count();
        let handshake = tokio_tungstenite::client_async_with_config(request, stream, Some(kept_in_memory()));
        let (socket, _) =
            within(self.wire.limits.answer, || what.clone(), handshake).await?.map_err(|error| broken(&what, error))?;
        Ok(socket)
    }
}

/// Memory limits of a websocket: longer messages are an error before memory is reserved for them, and pongs that the
/// daemon doesn't read are dropped.
fn kept_in_memory() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_frame_size(Some(LONGEST_MESSAGE))
        .max_message_size(Some(LONGEST_MESSAGE))
        .write_buffer_size(PIECE)
        .max_write_buffer_size(3 * PIECE)
}

/// Reads bytes as one output, for the fuzz targets.
#[cfg(fuzzing)]
pub(crate) async fn output_of(bytes: &[u8], limit: usize) -> Option<usize> {
    let (stream, mut daemon) = tokio::io::duplex(bytes.len().max(1));
    tokio::io::AsyncWriteExt::write_all(&mut daemon, bytes).await.ok()?;
    drop(daemon);
    let role = tokio_tungstenite::tungstenite::protocol::Role::Client;
    let stream = Progress::new(stream, Duration::from_secs(1));
    let socket = WebSocketStream::from_raw_socket(stream, role, Some(kept_in_memory())).await;
    receive(socket, "a command", Keep::All(limit)).await.ok().map(|output| output.len())
}

/// Runs `side` along with `main`, until `main` ends.
async fn alongside<T>(side: impl Future<Output = ()>, main: impl Future<Output = T>) -> T {
    let side = async {
        side.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = main => result,
        () = side => unreachable!("it never ends"),
    }
}

/// Converts a refusal: Pebble validates executable, service, user, group and folder before it begins the change.
fn not_started(options: &ExecOptions, error: Error) -> Error {
    match error {
        Error::Api { status, message, .. } if status == 400 || message.starts_with("cannot call exec: ") => {
            Error::Exec { command: options.name().to_owned(), message }
        }
        other => other,
    }
}

/// The error of a failed change: a timeout, or a failed start.
fn failed(command: &str, timeout: Option<Duration>, change: Change) -> Error {
    let message = change.err.unwrap_or_default();
    match timeout {
        Some(after) if message.contains("timed out after") => timed_out(command, after),
        _ => Error::Exec { command: command.to_owned(), message },
    }
}

fn timed_out(command: &str, after: Duration) -> Error {
    Error::ExecTimeout { command: command.to_owned(), after }
}

fn exit_code(change: &Change) -> Result<i32, Error> {
    let code = change.tasks.first().and_then(|task| task.data.get("exit-code")).and_then(Value::as_i64);
    code.and_then(|code| i32::try_from(code).ok())
        .ok_or_else(|| Error::garbage(&format!("change {}", change.id), Garbage::Shape("an exit code".into())))
}

/// Converts a websocket's error: refused, broken or not a websocket.
fn broken(what: &str, error: WsError) -> Error {
    match error {
        WsError::Http(response) => match open(what, response.body().as_deref().unwrap_or_default()) {
            Err(refused @ Error::Api { .. }) => refused,
            _ => {
                Error::garbage(what, Garbage::Shape(format!("a websocket: its status is {}", response.status()).into()))
            }
        },
        WsError::Io(source) => Error::Disconnected { what: what.to_owned(), source: Some(Box::new(source)) },
        WsError::ConnectionClosed
        | WsError::AlreadyClosed
        | WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::HandshakeIncomplete) => {
            Error::Disconnected { what: what.to_owned(), source: None }
        }
        other => Error::garbage(what, Garbage::Websocket(Box::new(other))),
    }
}

#[cfg(test)]
mod tests;
