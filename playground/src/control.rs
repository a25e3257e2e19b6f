//! The protocol between a verb and the process that runs the model: JSON lines over a unix socket. One line is the
//! request, any number report progress, and the last one is the answer.

mod conversation;
mod secret;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use juju_testing::peer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::runtime;
use crate::session::Prepared;
use crate::status::Status;
pub use conversation::{ask, ask_down};
pub use secret::{Content, SecretRequest, SecretView};

/// The longest message, in bytes.
const LONGEST: u64 = 16 << 20;

/// Interval of the signs of life that the model's process sends while it makes an answer.
pub(crate) const BEAT: Duration = Duration::from_secs(1);

/// Request of a verb.
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
    /// Sets options, and waits until the charm has handled the change.
    Configure {
        /// The application.
        app: String,
        /// Options and their values, as typed.
        set: BTreeMap<String, String>,
        /// Options to return to their defaults.
        reset: Vec<String>,
    },
    /// Adds a prepared application, and waits until it has settled.
    Deploy {
        /// The application, whose folder is the model's from now on.
        application: Prepared,
        /// Entries of the cache that its rock is made of.
        cached: Vec<PathBuf>,
        /// Number of units.
        units: u32,
    },
    /// Removes an application or a server, and waits until it is gone.
    RemoveApplication {
        /// The application.
        app: String,
    },
    /// Integrates two applications, and waits until both have settled.
    Integrate {
        /// `APP[:ENDPOINT]`; without `other`, the other end of the only application's relation.
        one: String,
        /// The other end, `APP[:ENDPOINT]`.
        other: Option<String>,
    },
    /// Removes a relation, and waits until the application has handled that.
    RemoveRelation {
        /// `APP[:ENDPOINT]`, or the relation's number.
        one: String,
        /// The other end, `APP[:ENDPOINT]`.
        other: Option<String>,
    },
    /// Gives every relation of a server new credentials, and waits until the applications have settled.
    Rotate {
        /// The server's name.
        server: String,
    },
    /// Moves a server to another place, and waits until the applications have settled.
    Move {
        /// The server's name.
        server: String,
    },
    /// Adds units, and waits until they have settled.
    AddUnit {
        /// The application.
        app: String,
        /// Their number.
        count: u32,
    },
    /// Removes units, and waits until they are gone.
    RemoveUnit {
        /// Names of units; with `count`, the name of one application.
        units: Vec<String>,
        /// Their number.
        count: Option<u32>,
    },
    /// Runs an action, and waits for its end.
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
    /// The last lines of the charms' log.
    DebugLog {
        /// Their number.
        lines: usize,
        /// Number of lines to leave out, counted from the first that was ever logged.
        #[serde(default)]
        after: usize,
    },
    /// Something about users' secrets.
    Secret {
        /// The request.
        request: SecretRequest,
    },
    /// The outcome of the start. The answer comes when the start is over.
    Started,
    /// Ends the model. The connection closes when its process has ended.
    Down,
}

impl Request {
    /// True if the answer may take long, so that progress is reported.
    #[must_use]
    pub fn takes_time(&self) -> bool {
        matches!(
            self,
            Self::Deploy { .. }
                | Self::RemoveApplication { .. }
                | Self::Integrate { .. }
                | Self::RemoveRelation { .. }
                | Self::Rotate { .. }
                | Self::Move { .. }
                | Self::AddUnit { .. }
                | Self::RemoveUnit { .. }
                | Self::Run { .. }
                | Self::Secret { request: SecretRequest::Update { .. } }
        )
    }
}

/// An answer of the model's process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Answer {
    /// The whole model.
    Status {
        /// Its status.
        status: Status,
    },
    /// An application's options.
    Config {
        /// All of them.
        options: Vec<Setting>,
    },
    /// Lines of the log.
    Log {
        /// Oldest first; those of failed hooks' standard error last.
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
        /// The reason, if it failed.
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
    /// A new secret.
    Secret {
        /// Its address.
        id: String,
    },
    /// Secrets of users.
    Secrets {
        /// By id.
        secrets: Vec<SecretView>,
    },
    /// Sign of life, sent while the answer is being made.
    Alive,
    /// Progress, sent while the answer is being made.
    Told {
        /// For the user.
        line: String,
    },
    /// An application came.
    Deployed {
        /// Its name.
        app: String,
        /// Its URL on this machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Providers that its charm has an unused endpoint for.
        missing: Vec<String>,
        /// True if no hook failed and no charm is blocked.
        well: bool,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
    },
    /// An application goes.
    Removed {
        /// Its name.
        app: String,
        /// Units that could not be removed yet, because a hook failed.
        left: Vec<String>,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
    },
    /// A relation was made or ended.
    Related {
        /// Its ends, as `APP:ENDPOINT`.
        ends: Vec<String>,
        /// URL on this machine of the application behind an ingress.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// True if no hook failed and no charm is blocked.
        well: bool,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
    },
    /// A server moved.
    Moved {
        /// Its addresses from now on.
        places: Vec<String>,
        /// True if no hook failed and no charm is blocked.
        well: bool,
        /// Failures of the playground itself, with their causes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        problems: Vec<String>,
    },
    /// Units came or went.
    Units {
        /// Their names.
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
    /// The request was refused, or failed.
    Refused {
        /// The cause, and the remedy.
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
    /// `default`, `user` or `unset`, as in Juju's output.
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
    /// The model isn't up.
    #[error("no model {model:?} is up: `webcharm up FOLDER` starts one{}", others(.up))]
    NotUp {
        /// The model.
        model: String,
        /// The models that are up.
        up: Vec<String>,
    },
    /// The model's name or folder can't be used.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// The connection closed before the answer came.
    #[error(
        "the model's process has ended: `webcharm down` clears up after it, `webcharm up FOLDER` starts another one"
    )]
    Broken(#[source] io::Error),
    /// The model's process can't be reached.
    #[error("cannot reach the process of the model {model}")]
    Connect {
        /// The model.
        model: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The model's process sent something that is no answer.
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
    /// The model refused the request, or failed.
    #[error("{0}")]
    Refused(String),
    /// The process that listens is another user's.
    #[error(
        "the model's socket belongs to another user: remove its folder, or set XDG_RUNTIME_DIR to a folder of your own"
    )]
    Stranger(#[source] io::Error),
}

impl Error {
    /// The error of a model that isn't up, with those that are.
    fn not_up(model: &str) -> Self {
        Self::NotUp { model: model.to_owned(), up: runtime::up() }
    }
}

/// End of a message about a model that isn't up.
fn others(up: &[String]) -> String {
    if up.is_empty() { String::new() } else { format!("; `--model NAME` names one that is up: {}", up.join(", ")) }
}

/// True if a process of this user listens in `folder`, even if it is stopped or busy.
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
/// When the connection is closed.
pub fn send<T: Serialize>(mut to: impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Reads one message.
///
/// # Errors
/// When the connection is closed, or the line is no message of this type.
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
