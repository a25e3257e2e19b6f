//! Notices: occurrences counted by user, type and key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pebble::plan::Span;
use pebble::types;
use serde::{Deserialize, Serialize};

use crate::clock::Time;

/// Time after its last occurrence when a notice expires.
const EXPIRE_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

/// The type of notices about changes; their key is the change's id.
pub(crate) const CHANGE_UPDATE: &str = "change-update";
/// The type of notices that clients add.
pub(crate) const CUSTOM: &str = "custom";
/// All types; a filter ignores others.
pub(crate) const KINDS: [&str; 3] = [CHANGE_UPDATE, CUSTOM, "warning"];

/// A notice, the same in the state file and on the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Notice {
    pub(crate) id: String,
    pub(crate) user_id: Option<u32>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) key: String,
    first_occurred: Time,
    pub(crate) last_occurred: Time,
    pub(crate) last_repeated: Time,
    occurrences: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    last_data: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repeat_after: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expire_after: Option<Span>,
}

/// One occurrence of a notice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Occurrence {
    pub(crate) user_id: Option<u32>,
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) data: BTreeMap<String, String>,
    /// May be below zero, which counts as zero.
    pub(crate) repeat_after: Span,
}

/// Filter of notices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Only notices of this user and public ones.
    pub(crate) user_id: Option<u32>,
    pub(crate) kinds: BTreeSet<String>,
    pub(crate) keys: BTreeSet<String>,
    pub(crate) after: Option<Time>,
}

impl Notice {
    /// A notice with its first occurrence.
    pub(crate) fn first(id: u64, occurrence: Occurrence, now: Time) -> Notice {
        let mut notice = Notice {
            id: id.to_string(),
            user_id: occurrence.user_id,
            kind: occurrence.kind.clone(),
            key: occurrence.key.clone(),
            first_occurred: now,
            last_occurred: now,
            last_repeated: now,
            occurrences: 0,
            last_data: BTreeMap::new(),
            repeat_after: None,
            expire_after: Some(EXPIRE_AFTER.into()),
        };
        notice.count(occurrence, now);
        notice
    }

    /// Counts another occurrence.
    pub(crate) fn again(&mut self, occurrence: Occurrence, now: Time) {
        let quiet = occurrence.repeat_after;
        if quiet == Span::ZERO || now > self.last_repeated.plus(quiet.to_std()) {
            self.last_repeated = now;
        }
        self.count(occurrence, now);
    }

    fn count(&mut self, occurrence: Occurrence, now: Time) {
        self.occurrences += 1;
        self.last_occurred = now;
        self.last_data = occurrence.data;
        self.repeat_after = Some(occurrence.repeat_after).filter(|span| *span != Span::ZERO);
    }

    /// True if the occurrence belongs to this notice: same user, type and key.
    pub(crate) fn is_of(&self, occurrence: &Occurrence) -> bool {
        self.user_id == occurrence.user_id && self.kind == occurrence.kind && self.key == occurrence.key
    }

    /// True if the notice has expired.
    pub(crate) fn is_expired(&self, now: Time) -> bool {
        self.last_occurred.plus(self.expire_after.map_or(Duration::ZERO, Span::to_std)) < now
    }

    /// The notice in the API's form.
    pub(crate) fn info(&self) -> types::Notice {
        types::Notice {
            id: self.id.clone(),
            user_id: self.user_id,
            kind: self.kind.as_str().into(),
            key: self.key.clone(),
            first_occurred: self.first_occurred.to_string().into(),
            last_occurred: self.last_occurred.to_string().into(),
            last_repeated: self.last_repeated.to_string().into(),
            occurrences: self.occurrences,
            last_data: self.last_data.clone(),
            repeat_after: self.repeat_after.map(|span| span.to_string()),
            expire_after: self.expire_after.map(|span| span.to_string()),
        }
    }
}

impl Filter {
    /// True if the filter selects the notice.
    pub(crate) fn matches(&self, notice: &Notice) -> bool {
        let visible = self.user_id.is_none() || notice.user_id.is_none() || notice.user_id == self.user_id;
        visible
            && (self.kinds.is_empty() || self.kinds.contains(&notice.kind))
            && (self.keys.is_empty() || self.keys.contains(&notice.key))
            && self.after.is_none_or(|after| notice.last_repeated > after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Time {
        Time::parse("2026-01-01T00:00:00Z").unwrap().plus(Duration::from_secs(second))
    }

    fn occurrence(quiet: u64) -> Occurrence {
        Occurrence {
            kind: CUSTOM.to_owned(),
            key: "a.b/c".to_owned(),
            repeat_after: Duration::from_secs(quiet).into(),
            ..Occurrence::default()
        }
    }

    #[test]
    fn stays_quiet_as_long_as_asked() {
        let mut notice = Notice::first(1, occurrence(10), at(0));
        notice.again(occurrence(10), at(5));
        assert_eq!((notice.occurrences, notice.last_repeated, notice.last_occurred), (2, at(0), at(5)));
        notice.again(occurrence(10), at(11));
        assert_eq!((notice.occurrences, notice.last_repeated), (3, at(11)));
    }

    #[test]
    fn expires_a_week_after_its_last_occurrence() {
        let notice = Notice::first(1, occurrence(0), at(0));
        assert!(!notice.is_expired(at(7 * 24 * 3600)));
        assert!(notice.is_expired(at(7 * 24 * 3600 + 1)));
    }

    #[test]
    fn prints_as_pebble_does() {
        let notice = Notice::first(3, occurrence(0), at(0));
        let json = serde_json::to_value(&notice).unwrap();
        assert_eq!(json, serde_json::to_value(notice.info()).unwrap());
        assert_eq!(json["expire-after"], "168h0m0s");
        assert_eq!(json["user-id"], serde_json::Value::Null);
        assert!(json.get("repeat-after").is_none());
    }

    #[test]
    fn public_notices_are_everyones() {
        let mut notice = Notice::first(1, occurrence(0), at(0));
        let filter = Filter { user_id: Some(7), ..Filter::default() };
        assert!(filter.matches(&notice));
        notice.user_id = Some(8);
        assert!(!filter.matches(&notice));
        assert!(Filter::default().matches(&notice));
    }
}
