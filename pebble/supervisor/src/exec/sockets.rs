//! What goes over a command's websockets.
//!
//! Binary messages are input or output; a text `{"command":"end"}` ends either. Text on the control socket is a signal to
//! send. A socket is read until the client closes it: closing it under unread input would lose output on its way.

use std::rc::Rc;

use bytes::BytesMut;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use rustix::process::{Pid, Signal};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Socket;
use crate::daemon::Daemon;
use crate::errno;
use crate::process;
use crate::task::Id;
use crate::turn::Turn;
use pebble::plan::quote;

/// How much output goes into one message.
pub(super) const PIECE: usize = 128 * 1024;
const END: &str = r#"{"command":"end"}"#;

/// A message in text: what a client wants done.
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

/// Moves input and output; over when all output is sent.
pub(super) fn both_ways(socket: Socket, input: pipe::Sender, output: pipe::Receiver) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(receive(from_client, Some(input)));
    spawn_local(send(to_client, output))
}

/// Moves error output; over when all is sent.
pub(super) fn one_way(socket: Socket, output: pipe::Receiver) -> JoinHandle<()> {
    let (to_client, from_client) = socket.split();
    spawn_local(receive(from_client, None));
    spawn_local(send(to_client, output))
}

async fn send(mut client: impl Sink<Message, Error = Error> + Unpin, mut output: pipe::Receiver) {
    let mut piece = BytesMut::new();
    let mut turn = Turn::begin();
    loop {
        turn.pass().await;
        piece.reserve(PIECE);
        match output.read_buf(&mut piece).await {
            // Pongs may fill the write buffer: they go out first.
            Ok(1..)
                if client.flush().await.is_ok()
                    && client.send(Message::binary(piece.split().freeze())).await.is_ok() => {}
            // A client that left wants no more of it.
            _ => break,
        }
        // Memory for the next piece is taken only when it comes.
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
                    // The command reads no further.
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

/// Does what the control socket says, once it is connected. A client that vanishes takes its command with it; one that
/// closes the socket properly, or breaks the protocol, has only no more to say.
pub(super) async fn control(daemon: Rc<Daemon>, task: Id, pid: Pid, socket: oneshot::Receiver<Socket>) {
    let Ok(mut socket) = socket.await else { return };
    let mut turn = Turn::begin();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => obey(&daemon, task, pid, &command(text.as_bytes())),
            Some(Ok(Message::Binary(text))) => obey(&daemon, task, pid, &command(&text)),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                // Gone already is as good.
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
