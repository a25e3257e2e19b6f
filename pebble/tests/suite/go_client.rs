//! Commands run as by Pebble's own client (command line and Go library): the websockets are dropped at the outputs' end
//! message, without a close frame and the control websocket last, while the change may still be running.

use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::raw;
use crate::websocket::{BINARY, END, TEXT, Websocket};

/// A command that was begun.
pub(crate) struct Begun {
    pub(crate) task: String,
    change: String,
}

/// Result of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i64,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Begins a command; `None` if the daemon refuses.
pub(crate) fn begin(socket: &Path, request: &Value) -> Option<Begun> {
    let kind = "Content-Type: application/json\r\n";
    let answer = raw::request(socket, "POST /v1/exec", kind, request.to_string().as_bytes());
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let change = body["change"].as_str()?.to_owned();
    Some(Begun { task: body["result"]["task-id"].as_str()?.to_owned(), change })
}

/// Begins a shell script, which must succeed.
pub(crate) fn begin_script(socket: &Path, script: &str) -> Begun {
    begin(socket, &json!({"command": ["sh", "-c", script]})).unwrap()
}

impl Begun {
    /// Connects one of its websockets.
    pub(crate) fn websocket(&self, socket: &Path, name: &str) -> Websocket {
        Websocket::connect(socket, &self.task, name)
    }

    /// Aborts its change.
    pub(crate) fn abort(&self, socket: &Path) {
        let kind = "Content-Type: application/json\r\n";
        let answer = raw::request(socket, &format!("POST /v1/changes/{}", self.change), kind, br#"{"action":"abort"}"#);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Waits for its change; returns the exit code, or the change's error.
    pub(crate) fn code(&self, socket: &Path) -> Result<i64, String> {
        let answer = raw::request(socket, &format!("GET /v1/changes/{}/wait?timeout=50s", self.change), "", b"");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let change = &body["result"];
        assert_eq!((answer.status, &change["ready"]), (200, &json!(true)), "the command never ends: {body}");
        match change["err"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(change["tasks"][0]["data"]["exit-code"].as_i64().unwrap()),
        }
    }
}

/// Runs a command with this input to its end.
pub(crate) fn exec(socket: &Path, request: &Value, input: &[u8]) -> Result<Ended, String> {
    let begun = begin(socket, request).ok_or("refused")?;
    let control = begun.websocket(socket, "control");
    let mut stdio = begun.websocket(socket, "stdio");
    let split = (request["split-stderr"] == true).then(|| begun.websocket(socket, "stderr"));
    let mut writer = stdio.second();
    let (code, stdout, stderr) = thread::scope(|scope| {
        let code = scope.spawn(|| begun.code(socket));
        scope.spawn(move || {
            // A command may end without reading.
            let sent: Result<(), _> = input.chunks(128 << 10).try_for_each(|piece| writer.send(BINARY, piece));
            sent.and_then(|()| writer.send(TEXT, END)).ok();
        });
        let reading = scope.spawn(move || split.map(|mut split| (split.output(), split)));
        let stdout = stdio.output();
        let (stderr, split) = reading.join().unwrap().unzip();
        stdio.shut();
        drop(split);
        drop(control);
        (code.join().unwrap(), stdout, stderr.unwrap_or_default())
    });
    Ok(Ended { code: code?, stdout, stderr })
}
