//! Websockets of a command: its handler runs once the input has come, then the outputs are sent.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{SinkExt, StreamExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use pebble::types::ExecOutput;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Daemon;
use super::api::{Answer, ApiError};
use crate::exec::{ExecCall, ExecReply};

type Socket = WebSocketStream<TokioIo<Upgraded>>;
type Handler = Arc<Mutex<dyn FnMut(&ExecCall) -> ExecReply + Send>>;

/// The end of an input or output.
const END: &str = r#"{"command":"end"}"#;

/// A command between its request and its end.
pub(super) struct Running {
    change: String,
    call: ExecCall,
    handler: Handler,
    splits: bool,
    output: watch::Sender<Option<ExecOutput>>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("change", &self.change).finish_non_exhaustive()
    }
}

impl Running {
    pub(super) fn new(change: String, call: ExecCall, handler: Handler, splits: bool) -> Running {
        Running { change, call, handler, splits, output: watch::Sender::new(None) }
    }

    /// Runs the handler, ends the change, and gives the outputs to the websockets.
    fn end(&self, daemon: &Daemon, stdin: Vec<u8>) {
        let call = ExecCall { stdin, ..self.call.clone() };
        let reply = (self.handler.lock().unwrap_or_else(PoisonError::into_inner))(&call);
        let output = daemon.pebble().end_exec(&self.change, call, reply);
        self.output.send_replace(Some(output));
        daemon.ended.notify_waiters();
    }
}

/// Opens one of a command's websockets.
pub(super) fn open(
    daemon: &Arc<Daemon>,
    task: &str,
    name: &str,
    mut request: Request<Incoming>,
) -> Result<Answer, ApiError> {
    let running = daemon.running().get(task).cloned();
    let running = running.ok_or_else(|| ApiError::new(404, format!("cannot find task with id {task:?}")))?;
    let key = request.headers().get("Sec-WebSocket-Key").map(|key| derive_accept_key(key.as_bytes()));
    let key = key.ok_or_else(|| ApiError::bad_request("not a websocket handshake"))?;
    let (daemon, name) = (Arc::clone(daemon), name.to_owned());
    tokio::spawn(async move {
        let Ok(stream) = hyper::upgrade::on(&mut request).await else { return };
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(stream), Role::Server, None).await;
        serve(&daemon, &running, &name, socket).await;
    });
    let response = Response::builder().status(101).header("Connection", "Upgrade").header("Upgrade", "websocket");
    Ok(response.header("Sec-WebSocket-Accept", key).body(Empty::new().boxed()).expect("the headers are valid"))
}

async fn serve(daemon: &Daemon, running: &Running, name: &str, mut socket: Socket) {
    let mut output = running.output.subscribe();
    match name {
        "stdio" => {
            let stdin = input(&mut socket).await;
            running.end(daemon, stdin);
        }
        "stderr" => {}
        // Signals and sizes of a terminal, until the client leaves.
        _ => while let Some(Ok(_)) = socket.next().await {},
    }
    let Ok(ended) = output.wait_for(Option::is_some).await.map(|output| output.clone().unwrap_or_default()) else {
        return;
    };
    let bytes = match name {
        "stdio" if running.splits => ended.stdout,
        "stdio" => [ended.stdout, ended.stderr].concat(),
        _ => ended.stderr,
    };
    // A client that has left needs no output.
    if bytes.is_empty() || socket.send(Message::binary(bytes)).await.is_ok() {
        let _ = socket.send(Message::text(END)).await;
        while let Some(Ok(_)) = socket.next().await {}
    }
}

/// The whole input, up to its end.
async fn input(socket: &mut Socket) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(data) => bytes.extend(data),
            Message::Text(_) | Message::Close(_) => break,
            _ => {}
        }
    }
    bytes
}
