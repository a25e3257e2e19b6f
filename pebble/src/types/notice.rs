//! Notices of Pebble, or of programs in its container.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A notice. It counts the occurrences of one user, type and key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Notice {
    /// Id of the notice.
    pub id: String,
    /// User that may see the notice; `None` for all users.
    pub user_id: Option<u32>,
    /// Type: `custom`, `change-update` or `warning`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Key, for example `example.com/backup-done` of a custom notice.
    pub key: String,
    /// Time of the first occurrence.
    pub first_occurred: String,
    /// Time of the last occurrence.
    pub last_occurred: String,
    /// Time of the last repetition: an occurrence that is not suppressed by `repeat_after`.
    pub last_repeated: String,
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
    pub types: Vec<String>,
    /// Only these keys.
    pub keys: Vec<String>,
    /// Only notices last repeated after this time, in Pebble's format.
    pub after: Option<String>,
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
