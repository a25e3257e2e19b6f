//! The protocol between a verb and the process that runs the model: JSON lines over a unix socket. One line asks, any
//! number tell what happens meanwhile, and one answers.

mod conversation;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use juju_testing::peer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::runtime;
use crate::status::Status;
pub use conversation::{ask, ask_down};

/// The longest message, in bytes.
const LONGEST: u64 = 16 << 20;

/// The time between two signs of life of the model's process while an answer is being made.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

/// A verb's question.
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
        /// Their number.
        count: u32,
    },
    /// To remove units, and wait until they are gone.
    RemoveUnit {
        /// The units, or, with a count, the one application.
        units: Vec<String>,
        /// Their number.
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
    /// The socket of a unit's Pebble.
    Container {
        /// The unit; the first one if it isn't named.
        unit: Option<String>,
    },
    /// The last lines that charms have logged.
    DebugLog {
        /// Their number.
        lines: usize,
        /// Only those after the first so many.
        #[serde(default)]
        after: usize,
    },
    /// The outcome of the start; the answer comes when it is over.
    Started,
    /// The end of the model. The connection ends with the process.
    Down,
}

impl Request {
    /// True if the answer may take its time, and the caller wants to see what happens meanwhile.
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

/// An answer of the model's process.
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
        /// Number of lines ever written.
        written: usize,
    },
    /// The outcome of an action.
    Ran {
        /// Its number.
        id: String,
        /// Its results.
        results: Map<String, Value>,
        /// The reason of its failure, if it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
        /// Its log.
        log: Vec<String>,
    },
    /// A unit's container.
    Container {
        /// Its Pebble's socket.
        socket: PathBuf,
    },
    /// A sign of life; the answer comes later.
    Alive,
    /// Something that happens meanwhile; the answer comes later.
    Told {
        /// What.
        line: String,
    },
    /// A relation was made or ended.
    Related {
        /// Its ends, as `APP:ENDPOINT`.
        ends: Vec<String>,
        /// The address of the application behind it, from this machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// True if no hook failed and no charm is blocked.
        well: bool,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
    },
    /// Units came or went.
    Units {
        /// Which.
        units: Vec<String>,
        /// Their application.
        app: String,
        /// Number of units it has now.
        left: usize,
        /// True if no hook failed and no charm is blocked.
        well: bool,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
    },
    /// Success.
    Done {
        /// True if no hook failed and no charm is blocked.
        well: bool,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
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
    /// Its description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Reasons why a verb got no answer.
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
    /// The model's process can't be reached.
    #[error("cannot reach the process of the model {model}")]
    Connect {
        /// The model.
        model: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The model's process speaks otherwise.
    #[error("the model's process is of another version: `webcharm down`, then `webcharm up` again")]
    Language(#[source] serde_json::Error),
    /// The model's process is stopped.
    #[error(
        "the process of the model {model}, {pid}, is stopped: `kill -CONT {pid}` lets it go on, `webcharm down --force` ends it"
    )]
    Stopped {
        /// The model.
        model: String,
        /// The process.
        pid: i32,
    },
    /// The model's process doesn't answer.
    #[error(
        "the process of the model {model} has not answered for {seconds} s (process {pid}): `webcharm down --force` ends it"
    )]
    Silent {
        /// The model.
        model: String,
        /// The process; 0 if it isn't known.
        pid: i32,
        /// Seconds since it was last heard.
        seconds: u64,
    },
    /// The model says no.
    #[error("{0}")]
    Refused(String),
    /// The process that listens is another user's.
    #[error("the model's socket is somebody else's: remove its folder, or set XDG_RUNTIME_DIR to a folder of your own")]
    Stranger(#[source] io::Error),
}

/// True if a process of this user's listens in `folder`, be it stopped or busy.
#[must_use]
pub fn is_up(folder: &Path) -> bool {
    match conversation::try_connect(&runtime::control_socket(folder)) {
        Ok(stream) => peer::check(&stream).is_ok(),
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
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
    if from.take(LONGEST).read_line(&mut line)? == 0 {
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
