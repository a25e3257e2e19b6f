//! How long and how much the client puts up with. Every wait has a bound, and so has everything it keeps in memory.

use std::time::Duration;

use crate::json::values;
use crate::{Error, Garbage};

/// The bounds of one client; the defaults suit a charm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Until the socket takes the connection.
    pub connect: Duration,
    /// Until the whole of a JSON answer is there, beyond what the request itself asks Pebble to wait.
    pub answer: Duration,
    /// Between two pieces of a file on its way, in either direction.
    pub idle: Duration,
    /// Until a command without a timeout of its own must have ended.
    pub exec: Duration,
    /// Bytes of one JSON answer or of all logs asked for.
    pub json: usize,
    /// Values and names in one JSON answer or in all logs asked for, as [`crate::json::values`] counts them.
    pub values: usize,
    /// Bytes that a command may print on each of its two outputs if all of it is to be kept.
    pub output: usize,
}

impl Limits {
    /// Fails if an answer has more values than it may.
    pub(crate) fn check_values(&self, what: &str, json: &[u8]) -> Result<(), Error> {
        let limit = self.values;
        if values(json) > limit { Err(Error::garbage(what, Garbage::TooMany { limit })) } else { Ok(()) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            exec: Duration::from_secs(3600),
            json: 32 << 20,
            values: 500_000,
            output: 32 << 20,
        }
    }
}
