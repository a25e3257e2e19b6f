//! Signals to services, `/v1/signals`.

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/signals`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalsAction {
    /// By name: `SIGHUP`.
    pub signal: String,
    /// To whom; each must be running.
    pub services: Vec<String>,
}
