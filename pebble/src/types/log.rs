//! What services printed, as `GET /v1/logs` streams it: one JSON object a line.

use serde::{Deserialize, Serialize};

/// One line of a service's output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogEntry {
    /// When Pebble read it.
    pub time: String,
    /// Who printed it.
    pub service: String,
    /// What, without the line's end.
    pub message: String,
}
