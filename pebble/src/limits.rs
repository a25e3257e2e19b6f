//! Limits of a client on waits and memory.

use std::time::Duration;

use crate::json::values;
use crate::{Error, Garbage};

/// Limits of one client. The defaults suit a charm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time to connect to the socket.
    pub connect: Duration,
    /// Time until a JSON answer is complete, beyond the wait that the request asks Pebble for.
    pub answer: Duration,
    /// Time between two pieces of a file, in either direction.
    pub idle: Duration,
    /// Time that a command without a timeout of its own may run.
    pub exec: Duration,
    /// Bytes of one JSON answer or of one answer with logs.
    pub json: usize,
    /// Values and names in one JSON answer or one answer with logs, as [`crate::json::values`] counts them.
    pub values: usize,
    /// Bytes on each output of a command whose whole output is kept.
    pub output: usize,
}

impl Limits {
    /// Fails if an answer has too many values.
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
