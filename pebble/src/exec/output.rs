//! Input and outputs of a command that runs to its end, whole in memory.

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::{PIECE, broken};
use crate::Error;

/// Sends the whole input and its end. Errors are ignored: a command may end without reading.
pub(super) async fn feed(mut socket: impl Sink<Message, Error = WsError> + Unpin, input: &[u8]) {
    let pieces = input.chunks(PIECE).map(|piece| Message::binary(piece.to_vec()));
    for message in pieces.chain([Message::text(END)]) {
        // Pongs may fill the write buffer, so flush it first.
        if socket.flush().await.is_err() || socket.send(message).await.is_err() {
            return;
        }
    }
}

/// Part of an output that is kept.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    /// The whole output; more than this many bytes is an error.
    All(usize),
    /// The last bytes.
    End(usize),
}

impl Keep {
    /// Adds a piece of output.
    fn add(self, output: &mut Vec<u8>, data: &[u8], command: &str) -> Result<(), Error> {
        match self {
            Keep::All(limit) if output.len() + data.len() > limit => {
                return Err(Error::TooLarge { what: format!("the output of {command}"), limit });
            }
            // Trim rarely: only once there is twice the limit.
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

/// Receives one output until its end message or the websocket's end.
pub(super) async fn receive(
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

/// Message that ends a stream, in either direction.
pub(super) const END: &str = r#"{"command":"end"}"#;

/// A text message. Other fields are skipped without being stored.
#[derive(Deserialize)]
struct Command {
    command: String,
}

pub(super) fn is_end(text: &str) -> bool {
    serde_json::from_str::<Command>(text).is_ok_and(|message| message.command == "end")
}
