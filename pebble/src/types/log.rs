//! Output of services as `GET /v1/logs` streams it: one JSON object per line.

use serde::{Deserialize, Serialize};

use super::Time;

/// A line of a service's output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogEntry {
    /// Time when Pebble read the line.
    pub time: Time,
    /// Service that printed it.
    pub service: String,
    /// Text without the line's end.
    pub message: String,
}
