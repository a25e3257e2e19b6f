//! How the other verbs talk to the process that runs the model: JSON lines over a unix socket: one for what is asked,
//! then any number about what happens meanwhile, and one for the answer.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use juju_testing::peer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::runtime;
use crate::status::Status;
use crate::ui;

/// What a verb asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// The whole model.
    Status,
    /// An application's options.
    Config {
        /// The application.
        app: String,
    },
    /// To set options and wait until the charm has dealt with them.
    Configure {
        /// The application.
        app: String,
        /// Options and their values, as typed.
        set: BTreeMap<String, String>,
        /// Options to return to their defaults.
        reset: Vec<String>,
    },
    /// To integrate, and wait until both sides are done.
    Integrate {
        /// `APP[:ENDPOINT]`, or what to integrate the only application with.
        one: String,
        /// The other side.
        other: Option<String>,
    },
    /// To end an integration, and wait until the application has dealt with it.
    RemoveRelation {
        /// `APP[:ENDPOINT]`, or the relation's number.
        one: String,
        /// The other side.
        other: Option<String>,
    },
    /// To add units, and wait until they have settled in.
    AddUnit {
        /// The application.
        app: String,
        /// How many.
        count: u32,
    },
    /// To remove units, and wait until they are gone.
    RemoveUnit {
        /// The units, or, with a count, the one application.
        units: Vec<String>,
        /// How many.
        count: Option<u32>,
    },
    /// To run an action and wait for its end.
    Run {
        /// `APP/NUMBER` or `APP/leader`.
        unit: String,
        /// The action.
        action: String,
        /// Its parameters.
        params: Map<String, Value>,
    },
    /// Where a unit's Pebble listens.
    Container {
        /// The unit; the first one if it isn't named.
        unit: Option<String>,
    },
    /// The last lines that charms have logged.
    DebugLog {
        /// How many.
        lines: usize,
        /// Only those after the first so many.
        #[serde(default)]
        after: usize,
    },
    /// How the start went; the answer comes when it is over.
    Started,
    /// The end of the model. The connection ends with the process.
    Down,
}

impl Request {
    /// Whether the answer may take its time, and who asks wants to see what happens meanwhile.
    #[must_use]
    pub fn takes_time(&self) -> bool {
        matches!(
            self,
            Self::Integrate { .. }
                | Self::RemoveRelation { .. }
                | Self::AddUnit { .. }
                | Self::RemoveUnit { .. }
                | Self::Run { .. }
        )
    }
}

/// What the model answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Answer {
    /// The whole model.
    Status {
        /// It.
        status: Status,
    },
    /// An application's options.
    Config {
        /// Each of them.
        options: Vec<Setting>,
    },
    /// Lines of the log.
    Log {
        /// They.
        lines: Vec<String>,
        /// How many there ever were.
        written: usize,
    },
    /// What came of an action.
    Ran {
        /// Its number.
        id: String,
        /// What it returned.
        results: Map<String, Value>,
        /// Why it failed, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
        /// What it told while it ran.
        log: Vec<String>,
    },
    /// A unit's container.
    Container {
        /// Its Pebble's socket.
        socket: PathBuf,
    },
    /// Something that happens meanwhile; the answer comes later.
    Told {
        /// What.
        line: String,
    },
    /// A relation was made or ended.
    Related {
        /// Its ends, as `APP:ENDPOINT`.
        ends: Vec<String>,
        /// Where the application is reached by it, from this machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Whether all is well after it.
        well: bool,
    },
    /// Units came or went.
    Units {
        /// Which.
        units: Vec<String>,
        /// Their application.
        app: String,
        /// How many it has now.
        left: usize,
        /// Whether all is well after it.
        well: bool,
    },
    /// What was asked is done.
    Done {
        /// Whether all is well with it.
        well: bool,
    },
    /// It can't be done.
    Refused {
        /// Why, and the way out.
        reason: String,
    },
}

/// One option of an application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `default`, `user` or `unset`, as Juju tells it.
    pub source: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<serde_json::Value>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Why a verb got no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is running.
    #[error("no model {0:?} is up: `webcharm up FOLDER` starts one")]
    NotUp(String),
    /// The model's name is no name.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The conversation broke off.
    #[error(
        "the model's process has ended: `webcharm down` clears up after it, `webcharm up FOLDER` starts another one"
    )]
    Broken(#[source] io::Error),
    /// The model says no.
    #[error("{0}")]
    Refused(String),
    /// The process that listens is another user's.
    #[error("the model's socket is somebody else's: remove its folder, or set XDG_RUNTIME_DIR to a folder of your own")]
    Stranger(#[source] io::Error),
}

/// Asks the process that runs `model`, and tells on standard error what happens meanwhile.
///
/// # Errors
/// When nothing runs, the conversation breaks off, or the answer is no.
pub fn ask(model: &str, request: &Request) -> Result<Answer, Error> {
    let mut stream = connect(model)?;
    send(&mut stream, request).map_err(Error::Broken)?;
    let mut answers = BufReader::new(&stream);
    loop {
        match receive(&mut answers).map_err(Error::Broken)? {
            Answer::Refused { reason } => return Err(Error::Refused(reason)),
            Answer::Told { line } => ui::note(&format!("  {line}")),
            answer => return Ok(answer),
        }
    }
}

/// Asks for the end of `model`, and waits until its process has ended.
///
/// # Errors
/// As of [`ask`].
pub fn ask_down(model: &str) -> Result<(), Error> {
    let mut stream = connect(model)?;
    send(&mut stream, &Request::Down).map_err(Error::Broken)?;
    // The process holds its end of the connection until it has cleaned up. A reset is an end, too.
    let _ = stream.read_to_end(&mut Vec::new());
    Ok(())
}

fn connect(model: &str) -> Result<UnixStream, Error> {
    let folder = runtime::folder(model)?;
    if !runtime::is_there(&runtime::base())? {
        return Err(Error::NotUp(model.to_owned()));
    }
    let stream = UnixStream::connect(runtime::control_socket(&folder)).map_err(|_| Error::NotUp(model.to_owned()))?;
    peer::check(&stream).map_err(Error::Stranger)?;
    Ok(stream)
}

/// Whether somebody listens in `folder`.
#[must_use]
pub fn is_up(folder: &Path) -> bool {
    UnixStream::connect(runtime::control_socket(folder)).is_ok_and(|stream| peer::check(&stream).is_ok())
}

/// Writes one message.
///
/// # Errors
/// When the other side is gone.
pub fn send<T: Serialize>(mut to: impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads one message.
///
/// # Errors
/// When the other side is gone, or says something else.
pub fn receive<T: for<'de> Deserialize<'de>>(from: &mut impl BufRead) -> io::Result<T> {
    let mut line = String::new();
    if from.take(16 << 20).read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_wire() {
        let set = BTreeMap::from([("greeting".to_owned(), "a\nb".to_owned())]);
        let request = Request::Configure { app: "x".to_owned(), set, reset: vec!["y".to_owned()] };
        let mut wire = Vec::new();
        send(&mut wire, &request).unwrap();
        assert_eq!(wire.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(receive::<Request>(&mut wire.as_slice()).unwrap(), request);
        receive::<Request>(&mut &b""[..]).unwrap_err();
        receive::<Request>(&mut &b"nonsense\n"[..]).unwrap_err();
    }

    #[test]
    fn without_a_model_the_way_out_is_named() {
        let error = ask("no-such-model-anywhere", &Request::Status).unwrap_err();
        assert!(error.to_string().contains("webcharm up"), "{error}");
    }
}
