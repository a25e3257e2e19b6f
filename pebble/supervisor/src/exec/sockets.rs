//! Messages on a command's websockets.
//!
//! Binary messages are input or output; the text `{"command":"end"}` ends either. Texts on the control socket are
//! signals to send. A socket is read until the client closes it, or until [`LINGER`] after the execution: a close with
//! unread input would discard output on its way.

use std::future::Future;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use rustix::process::{Pid, Signal};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::terminal::{END_OF_INPUT, Master};
use super::{LINGER, Socket};
use crate::daemon::Daemon;
use crate::errno;
use crate::process;
use crate::task::Id;
use crate::turn::Turn;
use pebble::plan::quote;

/// Bytes of output in one message.
pub(super) const PIECE: usize = 128 * 1024;
const END: &str = r#"{"command":"end"}"#;

/// A text message of a client.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Command {
    command: String,
    signal: Option<SignalName>,
    resize: Option<Size>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SignalName {
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Size {
    width: i64,
    height: i64,
}

/// Input of a command.
pub(super) enum Input {
    /// No input, or no more.
    Closed,
    Pipe(pipe::Sender),
    Terminal(pipe::Sender),
}

impl Input {
    async fn write(&mut self, data: &[u8]) {
        let written = match self {
            Input::Closed => return,
            Input::Pipe(input) | Input::Terminal(input) => input.write_all(data).await,
        };
        if written.is_err() {
            // The command doesn't read any more.
            *self = Input::Closed;
        }
    }

    async fn end(&mut self) {
        if let Input::Terminal(terminal) = self {
            // The command may have ended.
            let _ = terminal.write_all(&[END_OF_INPUT]).await;
        }
        *self = Input::Closed;
    }
}

/// Moves input and output; the handle ends when all output is sent.
pub(super) fn both_ways(
    socket: Socket,
    input: Input,
    output: pipe::Receiver,
    over: &watch::Receiver<()>,
) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(until(over.clone(), receive(from_client, input)));
    spawn_local(until(over.clone(), send(to_client, output)))
}

/// Moves error output; the handle ends when all is sent.
pub(super) fn one_way(socket: Socket, output: pipe::Receiver, over: &watch::Receiver<()>) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(until(over.clone(), receive(from_client, Input::Closed)));
    spawn_local(until(over.clone(), send(to_client, output)))
}

/// Moves input, and a terminal's output; the handle ends when all output is sent. A process in the background may keep the
/// terminal open: after the command's end only what is there already is sent.
pub(super) fn mirror(
    socket: Socket,
    input: Input,
    output: pipe::Receiver,
    dead: oneshot::Receiver<()>,
    over: &watch::Receiver<()>,
) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(until(over.clone(), receive(from_client, input)));
    spawn_local(until(over.clone(), send_terminal(to_client, output, dead)))
}

async fn send_terminal(
    mut client: impl Sink<Message, Error = Error> + Unpin,
    mut output: pipe::Receiver,
    mut dead: oneshot::Receiver<()>,
) {
    let mut piece = vec![0; PIECE];
    let mut alive = true;
    let mut turn = Turn::begin();
    loop {
        turn.pass().await;
        let count = tokio::select! {
            count = output.read(&mut piece), if alive => count.unwrap_or(0),
            _ = &mut dead, if alive => {
                alive = false;
                continue;
            }
            // Asks the system itself: the kernel may still move output to this side, and the runtime hears of it later.
            else => rustix::io::read(&output, &mut piece).unwrap_or(0),
        };
        if count == 0 || client.send(Message::binary(Bytes::copy_from_slice(&piece[..count]))).await.is_err() {
            break;
        }
    }
    let _ = client.send(Message::text(END)).await;
}

/// Runs `work` to its end, or until [`LINGER`] after the execution, which drops the sender of `over`.
async fn until(mut over: watch::Receiver<()>, work: impl Future<Output = ()>) {
    let lingered = async {
        while over.changed().await.is_ok() {}
        sleep(LINGER).await;
    };
    tokio::select! {
        () = work => {}
        () = lingered => {}
    }
}

async fn send(mut client: impl Sink<Message, Error = Error> + Unpin, mut output: pipe::Receiver) {
    let mut piece = BytesMut::new();
    let mut turn = Turn::begin();
    loop {
        turn.pass().await;
        piece.reserve(PIECE);
        match output.read_buf(&mut piece).await {
            // Pongs may fill the write buffer, so flush it first.
            Ok(1..)
                if client.flush().await.is_ok()
                    && client.send(Message::binary(piece.split().freeze())).await.is_ok() => {}
            // The client left.
            _ => break,
        }
        // Reserve memory for the next piece only when it arrives.
        if piece.capacity() < PIECE && output.readable().await.is_err() {
            break;
        }
    }
    let _ = client.flush().await;
    let _ = client.send(Message::text(END)).await;
}

pub(super) async fn receive(mut client: impl Stream<Item = Result<Message, Error>> + Unpin, mut input: Input) {
    let mut turn = Turn::begin();
    while let Some(Ok(message)) = client.next().await {
        match message {
            Message::Binary(data) => input.write(&data).await,
            Message::Text(text) if command(text.as_bytes()).command == "end" => input.end().await,
            Message::Close(_) => break,
            _ => {}
        }
        turn.pass().await;
    }
    input.end().await;
}

pub(super) fn command(text: &[u8]) -> Command {
    serde_json::from_slice(text).unwrap_or_default()
}

/// Carries out the messages of the control socket, once it is connected. A connection lost without a close frame kills
/// the command; a proper close or a protocol error only ends the control, as in Pebble.
pub(super) async fn control(
    daemon: Rc<Daemon>,
    task: Id,
    pid: Pid,
    terminal: Option<Master>,
    socket: oneshot::Receiver<Socket>,
) {
    let obey = |text: &[u8]| obey(&daemon, task, pid, terminal.as_ref(), &command(text));
    let Ok(mut socket) = socket.await else { return };
    let mut turn = Turn::begin();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => obey(text.as_bytes()),
            Some(Ok(Message::Binary(text))) => obey(&text),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                // An ended process is fine.
                let _ = process::signal(pid, Signal::KILL);
                return;
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
        }
        turn.pass().await;
    }
}

fn obey(daemon: &Daemon, task: Id, pid: Pid, terminal: Option<&Master>, command: &Command) {
    let note = |text: String| daemon.journal.note(&format!("Exec {task}: {text}"));
    match (command.command.as_str(), terminal, &command.signal) {
        ("resize", Some(terminal), _) => resize(terminal, command.resize.as_ref()).unwrap_or_else(note),
        ("signal", _, Some(SignalName { name })) => {
            let Some(signal) = process::signal_by_name(name) else {
                return note(format!("invalid signal name {}", quote(name)));
            };
            match process::signal(pid, signal) {
                Ok(()) => note(format!("forwarded signal {name} to PID {}", pid.as_raw_nonzero())),
                Err(error) => note(format!(
                    r#"control command "signal" cannot forward {name} to PID {}: {}"#,
                    pid.as_raw_nonzero(),
                    errno::text(&error.into())
                )),
            }
        }
        ("signal", _, None) => note(r#"control command "signal" requires signal name"#.to_owned()),
        (other, ..) => note(format!("invalid control websocket command {}", quote(other))),
    }
}

/// Resizes a terminal. The texts of errors are Pebble's.
fn resize(terminal: &Master, size: Option<&Size>) -> Result<(), String> {
    let size = size.ok_or(r#"control command "resize" requires terminal width and height"#)?;
    let Size { width, height } = size;
    terminal.resize(*width, *height).map_err(|error| {
        let why = errno::text(&error);
        format!(r#"control command "resize" cannot set terminal size to {width}x{height}: {why}"#)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::duplex;
    use tokio::task::LocalSet;
    use tokio::time::Instant;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// Time between the end of an execution and that of `work`, on a clock that moves only when all tasks wait.
    async fn outlives_by(work: impl Future<Output = ()> + 'static) -> Duration {
        let (execution, over) = watch::channel(());
        let tasks = LocalSet::new();
        let task = tasks.spawn_local(until(over, work));
        tasks
            .run_until(async {
                sleep(Duration::from_secs(3600)).await;
                assert!(!task.is_finished());
                let ended = Instant::now();
                drop(execution);
                task.await.unwrap();
                ended.elapsed()
            })
            .await
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_closes_its_websocket_is_left_after_the_execution() {
        let (stream, _client) = duplex(64);
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        assert_eq!(outlives_by(receive(socket, Input::Closed)).await, LINGER);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_is_left_after_the_execution() {
        let (stream, _client) = duplex(64);
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        let (reader, writer) = std::io::pipe().unwrap();
        let output = pipe::Receiver::from_owned_fd(reader.into()).unwrap();
        pipe::Sender::from_owned_fd(writer.into()).unwrap().write_all(&[0; 4096]).await.unwrap();
        assert_eq!(outlives_by(send(socket, output)).await, LINGER);
    }
}
