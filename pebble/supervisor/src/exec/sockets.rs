//! Messages on a command's websockets.
//!
//! Binary messages are input or output; the text `{"command":"end"}` ends either. Texts on the control socket are
//! signals to send. A socket is read until the client closes it, or until [`LINGER`] after the execution: a close with
//! unread input would discard output on its way.

use std::future::Future;
use std::rc::Rc;

use bytes::BytesMut;
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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SignalName {
    name: String,
}

/// Moves input and output; the handle ends when all output is sent.
pub(super) fn both_ways(
    socket: Socket,
    input: pipe::Sender,
    output: pipe::Receiver,
    over: &watch::Receiver<()>,
) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(until(over.clone(), receive(from_client, Some(input))));
    spawn_local(until(over.clone(), send(to_client, output)))
}

/// Moves error output; the handle ends when all is sent.
pub(super) fn one_way(socket: Socket, output: pipe::Receiver, over: &watch::Receiver<()>) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(until(over.clone(), receive(from_client, None)));
    spawn_local(until(over.clone(), send(to_client, output)))
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

pub(super) async fn receive(
    mut client: impl Stream<Item = Result<Message, Error>> + Unpin,
    mut input: Option<pipe::Sender>,
) {
    let mut turn = Turn::begin();
    while let Some(Ok(message)) = client.next().await {
        match message {
            Message::Binary(data) => {
                if let Some(writer) = &mut input
                    && writer.write_all(&data).await.is_err()
                {
                    // The command doesn't read any more.
                    input = None;
                }
            }
            Message::Text(text) if command(text.as_bytes()).command == "end" => input = None,
            Message::Close(_) => break,
            _ => {}
        }
        turn.pass().await;
    }
}

pub(super) fn command(text: &[u8]) -> Command {
    serde_json::from_slice(text).unwrap_or_default()
}

/// Carries out the messages of the control socket, once it is connected. A connection lost without a close frame kills
/// the command; a proper close or a protocol error only ends the control, as in Pebble.
pub(super) async fn control(daemon: Rc<Daemon>, task: Id, pid: Pid, socket: oneshot::Receiver<Socket>) {
    let Ok(mut socket) = socket.await else { return };
    let mut turn = Turn::begin();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => obey(&daemon, task, pid, &command(text.as_bytes())),
            Some(Ok(Message::Binary(text))) => obey(&daemon, task, pid, &command(&text)),
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

fn obey(daemon: &Daemon, task: Id, pid: Pid, command: &Command) {
    let note = |text: String| daemon.journal.note(&format!("Exec {task}: {text}"));
    match (command.command.as_str(), &command.signal) {
        ("signal", Some(SignalName { name })) => {
            let Some(signal) = process::signal_by_name(name) else {
                return note(format!("invalid signal name {}", quote(name)));
            };
            match process::signal(pid, signal) {
                Ok(()) => note(format!("forwarded signal {name} to PID {}", pid.as_raw_nonzero())),
                Err(error) => note(format!("cannot forward {name}: {}", errno::text(&error.into()))),
            }
        }
        ("signal", None) => note(r#"control command "signal" requires signal name"#.to_owned()),
        (other, _) => note(format!("invalid control websocket command {}", quote(other))),
    }
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
        assert_eq!(outlives_by(receive(socket, None)).await, LINGER);
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
