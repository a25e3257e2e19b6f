//! What can go wrong between asking Pebble and having its answer, one variant per thing that failed.
//!
//! No message holds a secret: environments, arguments and inputs of commands, contents of files and layers never enter
//! an error, and what a garbled answer said is told by its place, not by its text. Messages of the daemon are kept
//! as they came: they name services, paths and executables. Causes are sources, never part of the text.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::plan::{shortened, shortened_to};
use crate::types::{Change, ErrorResult};

/// The most characters of a daemon's message in an error's text, which may end in a log or a status.
const LONGEST_MESSAGE: usize = 4096;

/// A request to Pebble that did not have the outcome asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody answers at the socket: not started yet, gone, or not ours to open.
    #[error("cannot connect to Pebble at {}", socket.display())]
    Connect {
        /// Where it should be.
        socket: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The connection was there and ended before the whole answer was: the daemon died or was restarted midway.
    #[error("cannot finish {what}: Pebble went away midway")]
    Disconnected {
        /// The request.
        what: String,
        /// What the connection said, if anything.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Pebble took longer than this wait may take.
    #[error("cannot finish {what} within {after:?}")]
    Timeout {
        /// The request, or the change waited for.
        what: String,
        /// How long we waited.
        after: Duration,
    },
    /// Pebble refused the request.
    #[error("Pebble refused the request ({status}): {}", shown(message))]
    Api {
        /// Its word for programs; mostly empty.
        kind: String,
        /// The HTTP status.
        status: u16,
        /// Its words for people.
        message: String,
    },
    /// A file, directory or listing: the operating system said no.
    #[error("cannot use {path}: {}", shown(message))]
    Path {
        /// What kind of no.
        kind: PathErrorKind,
        /// The path asked for.
        path: String,
        /// Pebble's words.
        message: String,
    },
    /// A change was carried out and failed; [`Error::logs`] has what its tasks said.
    #[error("cannot {} (change {}): {}", change.kind, change.id, shown(change.err.as_deref().unwrap_or("no reason given")))]
    Change {
        /// The change as it ended.
        change: Box<Change>,
    },
    /// A command could not be started at all, or its run could not be followed to its end.
    #[error("cannot run {command}: {}", shown(message))]
    Exec {
        /// The executable, without its arguments.
        command: String,
        /// Pebble's words.
        message: String,
    },
    /// A command ran longer than it was allowed, and was killed.
    #[error("cannot finish {command} within {after:?}")]
    ExecTimeout {
        /// The executable, without its arguments.
        command: String,
        /// What it was allowed.
        after: Duration,
    },
    /// What came back is not Pebble's protocol.
    #[error("cannot understand the answer to {what}")]
    Protocol {
        /// The request.
        what: String,
        /// How the answer is wrong.
        source: Garbage,
    },
    /// The caller set a limit, and there is more than that.
    #[error("cannot take {what}: it is longer than {limit} bytes")]
    TooLarge {
        /// The file or output.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// The caller's own reader or writer failed while a file was on its way.
    #[error("cannot {what}")]
    Io {
        /// Reading or writing what.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// The request itself can't be put into words: a path or list of names of more than 60 thousand bytes.
    #[error("cannot ask for {what}: the request is too long")]
    Request {
        /// The request, without its parameters.
        what: String,
    },
}

/// What kind of no the operating system gave for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathErrorKind {
    /// No such file or directory, here or on the way.
    NotFound,
    /// Not allowed.
    PermissionDenied,
    /// Anything else: not a regular file, exists already, not empty, no such user.
    Generic,
}

/// How an answer is not Pebble's. Places and sizes, never text of the answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Garbage {
    /// Not HTTP, or HTTP broken in its framing.
    #[error("it is not HTTP")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// HTTP, but of another content than was asked for.
    #[error("its content type is {got:?} and not {wanted}")]
    ContentType {
        /// What it says it is.
        got: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// JSON that ends too early.
    #[error("its JSON ends too early, at line {line} column {column}")]
    Truncated {
        /// Line of the end.
        line: usize,
        /// Column of the end.
        column: usize,
    },
    /// Not JSON.
    #[error("it is not JSON at line {line} column {column}")]
    Json {
        /// Where reading stopped.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
    /// JSON, but not what this request is answered with.
    #[error("it lacks {0}")]
    Shape(Cow<'static, str>),
    /// No end within what an answer may have.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// What it may have.
        limit: usize,
    },
    /// More values than an answer may have: they would take many times their text's memory.
    #[error("it has more than {limit} values")]
    TooMany {
        /// What it may have.
        limit: usize,
    },
    /// A multipart body without the parts it should have.
    #[error("its multipart body {0}")]
    Multipart(&'static str),
    /// A websocket that is none.
    #[error("its websocket breaks the protocol")]
    Websocket(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The plan in it can't be read.
    #[error("its plan is not one")]
    Plan,
}

impl Garbage {
    /// An answer of another content type than the one asked for.
    pub(crate) fn content_type(got: &str, wanted: &'static str) -> Garbage {
        Garbage::ContentType { got: shortened(got).into_owned(), wanted }
    }
}

impl Error {
    /// Whether what was asked for does not exist: a path, change or service.
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::Path { kind, .. } => *kind == PathErrorKind::NotFound,
            Error::Api { status, kind, .. } => *status == 404 || kind == "not-found",
            _ => false,
        }
    }

    /// Whether Pebble is away or died midway: trying again later may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Error::Connect { .. } | Error::Disconnected { .. })
    }

    /// The log lines of a failed change's tasks; of anything else none.
    pub fn logs(&self) -> Vec<&str> {
        match self {
            Error::Change { change } => change.logs(),
            _ => Vec::new(),
        }
    }

    /// The error a daemon told for one path.
    pub(crate) fn path(path: &str, result: ErrorResult) -> Error {
        let kind = match result.kind.as_str() {
            "not-found" => PathErrorKind::NotFound,
            "permission-denied" => PathErrorKind::PermissionDenied,
            _ => PathErrorKind::Generic,
        };
        Error::Path { kind, path: path.to_owned(), message: result.message }
    }

    pub(crate) fn garbage(what: &str, source: Garbage) -> Error {
        Error::Protocol { what: what.to_owned(), source }
    }
}

/// A daemon's message in an error's text, at most [`LONGEST_MESSAGE`] characters of it. The fields hold all of it.
fn shown(message: &str) -> Cow<'_, str> {
    shortened_to(message, LONGEST_MESSAGE)
}

/// Tells JSON that ends too early from text that is no JSON from JSON of another shape.
pub(crate) fn json_garbage(error: &serde_json::Error, expected: &'static str) -> Garbage {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => Garbage::Truncated { line, column },
        serde_json::error::Category::Data => Garbage::Shape(Cow::Borrowed(expected)),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => Garbage::Json { line, column },
    }
}
