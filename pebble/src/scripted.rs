//! Scripted daemon for tests: each connection plays its steps over an in-memory stream.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::Limits;
use crate::client::Client;
use crate::connect::Connect;

/// Reaction to a whole request.
pub(crate) enum Step {
    /// Answer with these bytes.
    Say(Vec<u8>),
    /// Answer with the first bytes, then repeat the second for ever.
    Repeat(Vec<u8>, Vec<u8>),
    /// Answer with these bytes, then send a blank every ten seconds.
    Trickle(Vec<u8>),
    /// Keep the connection without an answer.
    Hang,
    /// Keep the connection without reading the request.
    Deaf,
    /// Accept a websocket and play these frames.
    Websocket(Vec<Frame>),
}

/// Step on a websocket.
pub(crate) enum Frame {
    Binary(&'static str),
    Text(&'static str),
    /// Wait for the client's end of input.
    AwaitEnd,
    /// Send these raw bytes.
    Raw(Vec<u8>),
    /// Close the websocket with a close frame.
    Close,
    /// Drop the connection.
    Drop,
}

/// Connector to scripted connections; refuses when all are used.
pub(crate) struct Scripted {
    connections: Mutex<VecDeque<Vec<Step>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

/// A client of a scripted daemon, and the requests and websocket messages that the daemon received.
pub(crate) fn client(connections: Vec<Vec<Step>>) -> (Client<Scripted>, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::default();
    let scripted = Scripted { connections: Mutex::new(connections.into()), heard: Arc::clone(&heard) };
    (Client::new(scripted, Limits { json: 10_000, values: 1000, output: 1000, ..Limits::default() }), heard)
}

/// A whole HTTP response.
pub(crate) fn http(status: u16, kind: &str, body: &str) -> Step {
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    Step::Say([head.as_bytes(), body.as_bytes()].concat())
}

/// A synchronous result.
pub(crate) fn sync(result: &str) -> Step {
    http(200, "application/json", &format!(r#"{{"type":"sync","status-code":200,"status":"OK","result":{result}}}"#))
}

/// An asynchronous result with its change.
pub(crate) fn begun(change: &str, result: &str) -> Step {
    let body =
        format!(r#"{{"type":"async","status-code":202,"status":"Accepted","change":"{change}","result":{result}}}"#);
    http(202, "application/json", &body)
}

/// An error.
pub(crate) fn refused(status: u16, kind: &str, message: &str) -> Step {
    let body =
        format!(r#"{{"type":"error","status-code":{status},"result":{{"message":"{message}","kind":"{kind}"}}}}"#);
    http(status, "application/json", &body)
}

impl Connect for Scripted {
    type Stream = DuplexStream;

    fn connect(&self) -> impl Future<Output = io::Result<DuplexStream>> {
        let script = self.connections.lock().unwrap().pop_front();
        let heard = Arc::clone(&self.heard);
        async move {
            let script = script.ok_or(io::ErrorKind::ConnectionRefused)?;
            let (ours, theirs) = tokio::io::duplex(4096);
            tokio::spawn(play(theirs, script, heard));
            Ok(ours)
        }
    }

    fn name(&self) -> &Path {
        Path::new("/script")
    }
}

async fn play(mut stream: DuplexStream, script: Vec<Step>, heard: Arc<Mutex<Vec<String>>>) {
    for step in script {
        if let Step::Deaf = step {
            return forever().await;
        }
        let Some((key, request)) = hear(&mut stream).await else { return };
        heard.lock().unwrap().push(request);
        match step {
            Step::Say(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
            Step::Repeat(start, rest) => {
                let mut alive = stream.write_all(&start).await.is_ok();
                while alive {
                    alive = stream.write_all(&rest).await.is_ok();
                }
                heard.lock().unwrap().push("hung up".to_owned());
            }
            Step::Trickle(start) => {
                let mut alive = stream.write_all(&start).await.is_ok();
                while alive {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    alive = stream.write_all(b" ").await.is_ok();
                }
            }
            Step::Hang | Step::Deaf => forever().await,
            Step::Websocket(frames) => return websocket(stream, &key, frames, heard).await,
        }
    }
}

async fn forever() {
    tokio::time::sleep(Duration::from_secs(1 << 30)).await;
}

/// Reads a request: the key of a websocket's handshake, if any, and the request as text. `None` at the end.
async fn hear(stream: &mut DuplexStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                head.lines().find_map(|line| {
                    line.to_ascii_lowercase().starts_with(name).then(|| line[name.len()..].trim().to_owned())
                })
            };
            let length = header("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
            let chunked = header("transfer-encoding:").is_some();
            if if chunked { body.ends_with("0\r\n\r\n") } else { body.len() >= length } {
                let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
                return Some((
                    header("sec-websocket-key:").unwrap_or_default(),
                    format!("{line} {body}").trim_end().to_owned(),
                ));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn websocket(mut stream: DuplexStream, key: &str, frames: Vec<Frame>, heard: Arc<Mutex<Vec<String>>>) {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
    use tokio_tungstenite::tungstenite::protocol::Role;

    let accept = derive_accept_key(key.as_bytes());
    let head = format!(
        "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    for frame in frames {
        match frame {
            Frame::Binary(data) => socket.send(Message::binary(data)).await.unwrap_or_default(),
            Frame::Text(text) => socket.send(Message::text(text)).await.unwrap_or_default(),
            Frame::Raw(bytes) => socket.get_mut().write_all(&bytes).await.unwrap_or_default(),
            Frame::Close => socket.close(None).await.unwrap_or_default(),
            Frame::Drop => return,
            Frame::AwaitEnd => {
                while let Some(Ok(message)) = socket.next().await {
                    heard.lock().unwrap().push(message.to_string());
                    if message.is_text() {
                        break;
                    }
                }
            }
        }
    }
    // Open until the client leaves.
    while let Some(Ok(_)) = socket.next().await {}
}
