//! Notices: what Pebble, or a program in its container, wants noticed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One notice. Occurrences of the same type and key are one notice, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Notice {
    /// Its id, to ask for it again.
    pub id: String,
    /// Whose it is; `None` is everyone's.
    pub user_id: Option<u32>,
    /// `custom`, `change-update`, `warning`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about, like `example.com/backup-done` for a custom one.
    pub key: String,
    /// When it first happened.
    pub first_occurred: String,
    /// When it last happened.
    pub last_occurred: String,
    /// When it was last worth telling.
    pub last_repeated: String,
    /// How often it happened.
    pub occurrences: u64,
    /// What came with the last one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub last_data: BTreeMap<String, String>,
    /// How long it stays quiet after a telling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_after: Option<String>,
    /// How long after its last occurrence it is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_after: Option<String>,
}

/// Which notices to list; the default is all that the asking user may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticesFilter {
    /// Only these types.
    pub types: Vec<String>,
    /// Only these keys.
    pub keys: Vec<String>,
    /// Only those told again after this time, as Pebble prints times.
    pub after: Option<String>,
    /// Everyone's, not only the asking user's and the public ones; for administrators.
    pub all_users: bool,
}

/// A custom notice to record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// In the form `example.com/path`.
    pub key: String,
    /// What comes with it.
    pub data: BTreeMap<String, String>,
    /// Stay quiet that long after a telling.
    pub repeat_after: Option<std::time::Duration>,
}

/// Body of `POST /v1/notices`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct NoticeAction {
    /// Only `add` is known.
    pub action: String,
    /// Only `custom` may be added.
    #[serde(rename = "type")]
    pub kind: String,
    /// In the form `example.com/path`.
    pub key: String,
    /// How long it stays quiet after a telling.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repeat_after: String,
    /// What comes with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
}

/// What adding a notice answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticeAdded {
    /// The notice's id.
    pub id: String,
}
