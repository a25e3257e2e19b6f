//! How long and how much the client puts up with. Every wait has a bound, and so has everything it keeps in memory.

use std::time::Duration;

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
    /// Bytes that a command may print on each of its two outputs if all of it is to be kept.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            exec: Duration::from_secs(3600),
            json: 32 << 20,
            output: 32 << 20,
        }
    }
}
