//! Errors of requests to Pebble, one variant per cause.
//!
//! No error holds a secret: it has no environments, no arguments or input of commands, and no contents of files or
//! layers; a garbled answer is described by positions, not by its text. Messages of the daemon are kept: they name
//! services, paths and executables. Causes are sources, never part of the text.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::plan::{shortened, shortened_to};
use crate::types::{Change, ErrorResult};

/// The most characters of a daemon's message in an error's text, which may go to a log or a status.
const LONGEST_MESSAGE: usize = 4096;

/// A failed request to Pebble.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection: the daemon has not started, has ended, or the socket is not accessible.
    #[error("cannot connect to Pebble at {}", socket.display())]
    Connect {
        /// Path of the socket.
        socket: PathBuf,
        /// Error of the connect.
        source: io::Error,
    },
    /// The connection ended before the whole answer: the daemon died or restarted.
    #[error("cannot finish {what}: Pebble went away midway")]
    Disconnected {
        /// The request.
        what: String,
        /// Error of the connection, if there is one.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The wait for Pebble reached its limit.
    #[error("cannot finish {what} within {after:?}")]
    Timeout {
        /// The request or change that was waited for.
        what: String,
        /// The limit.
        after: Duration,
    },
    /// Pebble refused the request.
    #[error("Pebble refused the request ({status}): {}", shown(message))]
    Api {
        /// Kind for programs; mostly empty.
        kind: String,
        /// The HTTP status.
        status: u16,
        /// Text for people.
        message: String,
    },
    /// An operation on a path failed in the container.
    #[error("cannot use {path}: {}", shown(message))]
    Path {
        /// Kind of the failure.
        kind: PathErrorKind,
        /// Path of the request.
        path: String,
        /// Pebble's message.
        message: String,
    },
    /// A change failed; [`Error::logs`] returns its tasks' logs.
    #[error("cannot {} (change {}): {}", change.kind, change.id, shown(change.err.as_deref().unwrap_or("no reason given")))]
    Change {
        /// The failed change.
        change: Box<Change>,
    },
    /// A command did not start, or its end is unknown.
    #[error("cannot run {command}: {}", shown(message))]
    Exec {
        /// The executable, without its arguments.
        command: String,
        /// Pebble's message.
        message: String,
    },
    /// A command was killed at its timeout.
    #[error("cannot finish {command} within {after:?}")]
    ExecTimeout {
        /// The executable, without its arguments.
        command: String,
        /// The timeout.
        after: Duration,
    },
    /// An answer that is not in Pebble's protocol.
    #[error("cannot understand the answer to {what}")]
    Protocol {
        /// The request.
        what: String,
        /// The violation.
        source: Garbage,
    },
    /// A file or output is longer than the caller's limit.
    #[error("cannot take {what}: it is longer than {limit} bytes")]
    TooLarge {
        /// The file or output.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// The caller's reader or writer failed during a transfer.
    #[error("cannot {what}")]
    Io {
        /// Description of the failed operation.
        what: String,
        /// Error of the reader or writer.
        source: io::Error,
    },
    /// A request that can't be sent: a path or list of names of more than 60 thousand bytes.
    #[error("cannot ask for {what}: the request is too long")]
    Request {
        /// The request, without its parameters.
        what: String,
    },
}

/// Kind of a failed operation on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathErrorKind {
    /// The path, or a directory on the way, does not exist.
    NotFound,
    /// Access was denied.
    PermissionDenied,
    /// Anything else: not a regular file, exists already, not empty, no such user.
    Generic,
}

/// Violation of Pebble's protocol by an answer. Positions and sizes, never text of the answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Garbage {
    /// Not HTTP, or invalid framing.
    #[error("it is not HTTP")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// HTTP with another content type than the request's.
    #[error("its content type is {got:?} and not {wanted}")]
    ContentType {
        /// The answer's content type, shortened.
        got: String,
        /// The expected content type.
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
        /// Position of the error.
        line: usize,
        /// Position of the error.
        column: usize,
    },
    /// JSON of another shape than the request's answer.
    #[error("it lacks {0}")]
    Shape(Cow<'static, str>),
    /// Longer than an answer may be.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// More values than an answer may have: small ones take many times the memory of their text.
    #[error("it has more than {limit} values")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// An invalid multipart body.
    #[error("its multipart body {0}")]
    Multipart(&'static str),
    /// A violation of the websocket protocol.
    #[error("its websocket breaks the protocol")]
    Websocket(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A plan that can't be parsed.
    #[error("its plan is invalid")]
    Plan,
}

impl Garbage {
    /// An answer of another content type than the one asked for.
    pub(crate) fn content_type(got: &str, wanted: &'static str) -> Garbage {
        Garbage::ContentType { got: shortened(got).into_owned(), wanted }
    }
}

impl Error {
    /// True if the path, change or service of the request does not exist.
    pub fn is_not_found(&self) -> bool {
        match self {
            Error::Path { kind, .. } => *kind == PathErrorKind::NotFound,
            Error::Api { status, kind, .. } => *status == 404 || kind == "not-found",
            _ => false,
        }
    }

    /// True if Pebble can't be reached or died during the request: another attempt may help.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Error::Connect { .. } | Error::Disconnected { .. })
    }

    /// Log lines of a failed change's tasks; empty for other errors.
    pub fn logs(&self) -> Vec<&str> {
        match self {
            Error::Change { change } => change.logs(),
            _ => Vec::new(),
        }
    }

    /// Converts the daemon's error for one path.
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

/// Shortens a daemon's message to [`LONGEST_MESSAGE`] characters, for an error's text; the fields keep all of it.
fn shown(message: &str) -> Cow<'_, str> {
    shortened_to(message, LONGEST_MESSAGE)
}

/// Classifies a JSON error: truncated, not JSON, or of another shape.
pub(crate) fn json_garbage(error: &serde_json::Error, expected: &'static str) -> Garbage {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => Garbage::Truncated { line, column },
        serde_json::error::Category::Data => Garbage::Shape(Cow::Borrowed(expected)),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => Garbage::Json { line, column },
    }
}
