//! Envelope of JSON answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Kind of the answer in an [`Envelope`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponseType {
    /// The request is done; `result` has its outcome.
    Sync,
    /// The request began a change, named in `change`.
    Async,
    /// The request failed; `result` is an [`ErrorResult`].
    Error,
    /// A missing kind, or one of a newer daemon.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Envelope of a JSON answer.
///
/// `Debug` skips the result, which may be a plan with secrets in its environments.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Envelope {
    /// Kind of the answer.
    #[serde(rename = "type")]
    pub kind: ResponseType,
    /// HTTP status.
    pub status_code: u16,
    /// HTTP status in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Change that the request began, for [`ResponseType::Async`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<super::ChangeId>,
    /// Result; `null` for an asynchronous answer without one.
    pub result: Value,
    /// Time of the latest warning.
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

/// Error of a request, or of one path of a file request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ErrorResult {
    /// Text for people.
    pub message: String,
    /// Kind for programs: `not-found`, `permission-denied`, `generic-file-error`, `no-default-services`, …; often
    /// empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Further data of some kinds.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub value: Value,
}
