//! Notices of Pebble, or of programs in its container.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Time;

/// Type of a notice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum NoticeType {
    /// Recorded by a client; the only type that clients may add.
    Custom,
    /// Recorded whenever a change begins or its status changes; the key is the change's id.
    ChangeUpdate,
    /// Recorded as a warning; the key is its text.
    Warning,
    /// A type of a newer daemon.
    Other(String),
}

impl NoticeType {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            NoticeType::Custom => "custom",
            NoticeType::ChangeUpdate => "change-update",
            NoticeType::Warning => "warning",
            NoticeType::Other(word) => word,
        }
    }
}

impl Default for NoticeType {
    /// The empty type, of a notice without one.
    fn default() -> Self {
        NoticeType::Other(String::new())
    }
}

impl From<String> for NoticeType {
    fn from(word: String) -> Self {
        match word.as_str() {
            "custom" => NoticeType::Custom,
            "change-update" => NoticeType::ChangeUpdate,
            "warning" => NoticeType::Warning,
            _ => NoticeType::Other(word),
        }
    }
}

impl From<&str> for NoticeType {
    fn from(word: &str) -> Self {
        word.to_owned().into()
    }
}

impl From<NoticeType> for String {
    fn from(kind: NoticeType) -> String {
        kind.as_str().to_owned()
    }
}

impl std::fmt::Display for NoticeType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A notice. It counts the occurrences of one user, type and key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Notice {
    /// Id of the notice.
    pub id: String,
    /// User that may see the notice; `None` for all users.
    pub user_id: Option<u32>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: NoticeType,
    /// Key, for example `example.com/backup-done` of a custom notice.
    pub key: String,
    /// Time of the first occurrence.
    pub first_occurred: Time,
    /// Time of the last occurrence.
    pub last_occurred: Time,
    /// Time of the last repetition: an occurrence that is not suppressed by `repeat_after`.
    pub last_repeated: Time,
    /// Number of occurrences.
    pub occurrences: u64,
    /// Data of the last occurrence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub last_data: BTreeMap<String, String>,
    /// Time after a repetition in which further occurrences are only counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_after: Option<String>,
    /// Time after the last occurrence when the notice expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_after: Option<String>,
}

/// Filter of notices. The default selects all that the client's user may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticesFilter {
    /// Only these types.
    pub types: Vec<NoticeType>,
    /// Only these keys.
    pub keys: Vec<String>,
    /// Only notices last repeated after this time, for example [`Notice::last_repeated`] of the last one seen.
    pub after: Option<Time>,
    /// Only notices of this user and public ones. Only administrators may name another user than their own.
    pub user_id: Option<u32>,
    /// True for all users' notices, which only administrators may list.
    pub all_users: bool,
}

/// A custom notice to add.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// Key in the form `example.com/path`.
    pub key: String,
    /// Data of the occurrence.
    pub data: BTreeMap<String, String>,
    /// Time after a repetition in which further occurrences are only counted.
    pub repeat_after: Option<std::time::Duration>,
}

/// Body of `POST /v1/notices`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct NoticeAction {
    /// `add`, the only action.
    pub action: String,
    /// `custom`, the only type that clients may add.
    #[serde(rename = "type")]
    pub kind: String,
    /// Key in the form `example.com/path`.
    pub key: String,
    /// Time after a repetition in which further occurrences are only counted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repeat_after: String,
    /// Data of the occurrence.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// Result of adding a notice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticeAdded {
    /// Id of the notice.
    pub id: String,
}
