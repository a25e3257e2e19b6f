//! What every JSON answer is wrapped in.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind of answer an [`Envelope`] carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseType {
    /// The request is done; `result` is its outcome.
    Sync,
    /// The request began a change, named in `change`.
    Async,
    /// The request failed; `result` is an [`ErrorResult`].
    Error,
    /// Anything a newer daemon may invent, and what a missing field counts as.
    #[default]
    #[serde(other)]
    Unknown,
}

/// The wrapping of every JSON answer.
///
/// `Debug` leaves the result out, for answers may hold a plan with secrets in its environments.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Envelope {
    /// Done, begun or failed.
    #[serde(rename = "type")]
    pub kind: ResponseType,
    /// The HTTP status again.
    pub status_code: u16,
    /// The HTTP status in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// The change that was begun, for [`ResponseType::Async`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<super::ChangeId>,
    /// What was asked for; Pebble prints `null` for an asynchronous answer without one.
    pub result: Value,
    /// When a warning was last repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_warning: Option<String>,
    /// Set while the daemon restarts or shuts down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<ErrorResult>,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("kind", &self.kind)
            .field("status_code", &self.status_code)
            .finish_non_exhaustive()
    }
}

/// Why a request, or one path of a file request, failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ErrorResult {
    /// For people.
    pub message: String,
    /// For programs: `not-found`, `permission-denied`, `generic-file-error`, `no-default-services`, …; often empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// More, for some kinds.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub value: Value,
}
