//! Commands: begun by a request, fed and read over websockets, ended as a change.
//!
//! ```text
//! POST /v1/exec              → change and task
//! websocket control          (Pebble waits for all of them before it starts the command)
//! websocket stdio            → binary: input, then text {"command":"end"}    ← binary: output, then the same end
//! websocket stderr           ← binary: error output, then the same end; only if it is split off
//! GET /v1/changes/ID/wait    → the task's exit-code
//! ```

mod progress;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::try_join;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use crate::client::{Client, open, read};
use crate::connect::Connect;
use crate::types::{Change, ChangeId, ExecOptions, ExecOutput, ExecResult};
use crate::wire::within;
use crate::{Error, Garbage, request};

use progress::Progress;

type Socket<C> = WebSocketStream<Progress<<C as Connect>::Stream>>;

/// How much longer than the command's own timeout we wait for its end.
const GRACE: Duration = Duration::from_secs(5);

/// How much input goes into one message.
const PIECE: usize = 64 << 10;

/// The longest message and frame of output that is taken. Pebble's have 128 KiB at most.
const LONGEST_MESSAGE: usize = 4 << 20;

impl<C: Connect> Client<C> {
    /// Runs a command to its end. An exit code other than zero is no error.
    ///
    /// [`Error::Exec`] if it can't be started, [`Error::ExecTimeout`] if it was killed for taking longer than it may.
    pub async fn exec(&self, options: &ExecOptions) -> Result<ExecOutput, Error> {
        let (id, result) = self.begin(request::exec(options)).await.map_err(|error| not_started(options, error))?;
        let ExecResult { task_id, .. } = read("POST /v1/exec", result, "a task")?;
        let limit = options.timeout.unwrap_or(self.wire.limits.exec) + GRACE;
        let run = within(limit, || options.name().to_owned(), self.follow(&id, &task_id, options, limit)).await;
        match run {
            // Told is what the command was allowed, not how much longer we waited for its end.
            Err(error) => Err(options.timeout.map_or(error, |after| timed_out(options, after))),
            Ok(run) => run,
        }
    }

    /// Connects the websockets, and moves input and outputs until the change is over.
    async fn follow(
        &self,
        id: &ChangeId,
        task: &str,
        options: &ExecOptions,
        limit: Duration,
    ) -> Result<ExecOutput, Error> {
        // Kept open to the end, though nothing is said on it.
        let _control = self.websocket(task, "control").await?;
        let stdio = self.websocket(task, "stdio").await?;
        let stderr = if options.combine_stderr { None } else { Some(self.websocket(task, "stderr").await?) };
        let mut outputs = pin!(self.outputs(options, stdio, stderr));
        // Whoever waits for us gives up first.
        let mut change = pin!(self.wait_ready(id, limit + GRACE));
        let (change, early) = tokio::select! {
            change = &mut change => (change?, None),
            outputs = &mut outputs => match outputs {
                // Pebble ends the outputs when the command is over, and the change right after.
                Ok(outputs) => {
                    let change = within(self.wire.limits.idle, || format!("change {id}"), change).await?;
                    (change?, Some(Ok(outputs)))
                }
                // There is no end to it: leaving ends the command.
                Err(error @ Error::TooLarge { .. }) => return Err(error),
                // What ended the output mostly ended the command, and its change says what it was.
                Err(error) => match within(GRACE, String::new, change).await {
                    Ok(Ok(change)) => (change, Some(Err(error))),
                    _ => return Err(error),
                },
            }
        };
        if change.err.is_some() {
            return Err(failed(options, change));
        }
        let (stdout, stderr) = match early {
            Some(outputs) => outputs?,
            // What is still under way comes at once.
            None => within(self.wire.limits.idle, || options.name().to_owned(), outputs).await??,
        };
        Ok(ExecOutput { exit_code: exit_code(&change)?, stdout, stderr })
    }

    /// Everything the command prints, while it gets its input.
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

    /// One of a task's websockets.
    async fn websocket(&self, task: &str, name: &str) -> Result<Socket<C>, Error> {
        let path = request::websocket_path(task, name);
        let what = format!("GET {path}");
        let request = format!("ws://localhost{path}").into_client_request().map_err(|error| broken(&what, error))?;
        let stream = Progress::new(self.wire.open().await?, self.wire.limits.idle);
        self.wire.count();
        let handshake = tokio_tungstenite::client_async_with_config(request, stream, Some(kept_in_memory()));
        let (socket, _) =
            within(self.wire.limits.answer, || what.clone(), handshake).await?.map_err(|error| broken(&what, error))?;
        Ok(socket)
    }
}

/// How much of a websocket is kept in memory: longer messages are an error before memory is reserved for them, and pongs
/// that the daemon doesn't take are dropped.
fn kept_in_memory() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_frame_size(Some(LONGEST_MESSAGE))
        .max_message_size(Some(LONGEST_MESSAGE))
        .write_buffer_size(PIECE)
        .max_write_buffer_size(3 * PIECE)
}

/// Sends the whole input and its end. An error is no news here: a command may end without reading.
async fn feed(mut socket: impl Sink<Message, Error = WsError> + Unpin, input: &[u8]) {
    let pieces = input.chunks(PIECE).map(|piece| Message::binary(piece.to_vec()));
    for message in pieces.chain([Message::text(END)]) {
        // Pongs may fill the write buffer: they go out first.
        if socket.flush().await.is_err() || socket.send(message).await.is_err() {
            return;
        }
    }
}

/// How much is kept of an output.
#[derive(Clone, Copy)]
enum Keep {
    /// Everything; more than this is an error.
    All(usize),
    /// No more than the last bytes.
    End(usize),
}

impl Keep {
    /// Adds what came.
    fn add(self, output: &mut Vec<u8>, data: &[u8], command: &str) -> Result<(), Error> {
        match self {
            Keep::All(limit) if output.len() + data.len() > limit => {
                return Err(Error::TooLarge { what: format!("the output of {command}"), limit });
            }
            // Bytes are moved seldom: only once there are as many too much.
            Keep::End(bytes) if output.len() + data.len() > 2 * bytes => {
                output.extend_from_slice(data);
                self.trim(output);
            }
            _ => output.extend_from_slice(data),
        }
        Ok(())
    }

    fn trim(self, output: &mut Vec<u8>) {
        if let Keep::End(bytes) = self {
            output.drain(..output.len().saturating_sub(bytes));
        }
    }
}

/// Receives one output until its end, be it said or the websocket's.
async fn receive(
    mut socket: impl Stream<Item = Result<Message, WsError>> + Unpin,
    command: &str,
    keep: Keep,
) -> Result<Vec<u8>, Error> {
    let mut output = Vec::new();
    while let Some(message) = socket.next().await {
        match message {
            Ok(Message::Binary(data)) => keep.add(&mut output, &data, command)?,
            Ok(Message::Text(text)) if is_end(&text) => break,
            Ok(Message::Close(_)) => break,
            Ok(_) => {}
            Err(error) => return Err(broken(&format!("the output of {command}"), error)),
        }
    }
    keep.trim(&mut output);
    Ok(output)
}

/// Reads a daemon's bytes as one output, for the fuzz targets.
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

/// The result of `main`, with `side` going on as long as it takes.
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

/// The word for the end of a stream, in either direction.
const END: &str = r#"{"command":"end"}"#;

/// A message in text; anything else in it is skipped without being kept.
#[derive(Deserialize)]
struct Command {
    command: String,
}

fn is_end(text: &str) -> bool {
    serde_json::from_str::<Command>(text).is_ok_and(|message| message.command == "end")
}

/// Pebble checks executable, service, user, group and folder before it begins: its refusals mean that there was no start.
fn not_started(options: &ExecOptions, error: Error) -> Error {
    match error {
        Error::Api { status, message, .. } if status == 400 || message.starts_with("cannot call exec: ") => {
            Error::Exec { command: options.name().to_owned(), message }
        }
        other => other,
    }
}

/// A change that failed: too slow, or no start after all.
fn failed(options: &ExecOptions, change: Change) -> Error {
    let message = change.err.unwrap_or_default();
    match options.timeout {
        Some(after) if message.contains("timed out after") => timed_out(options, after),
        _ => Error::Exec { command: options.name().to_owned(), message },
    }
}

fn timed_out(options: &ExecOptions, after: Duration) -> Error {
    Error::ExecTimeout { command: options.name().to_owned(), after }
}

fn exit_code(change: &Change) -> Result<i32, Error> {
    let code = change.tasks.first().and_then(|task| task.data.get("exit-code")).and_then(Value::as_i64);
    code.and_then(|code| i32::try_from(code).ok())
        .ok_or_else(|| Error::garbage(&format!("change {}", change.id), Garbage::Shape("an exit code".into())))
}

/// A websocket that was refused, broke or never was one.
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
