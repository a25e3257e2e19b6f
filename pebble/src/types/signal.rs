//! Signals to services, `/v1/signals`.

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/signals`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SignalsAction {
    /// Name of the signal, for example `SIGHUP`.
    pub signal: String,
    /// Names of services, which must run.
    pub services: Vec<String>,
}
