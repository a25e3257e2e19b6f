//! One side's settings in a relation: a map of strings to strings, whose values are never printed.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

/// The most one databag may hold, keys and values together. Juju refuses more at the end of the hook.
pub const MAX_DATABAG_BYTES: usize = 16 * 1024 * 1024;

/// The settings of one unit or application in one relation.
///
/// On the wire absent and empty are the same thing, so writing an empty string deletes the key. `Debug` prints the
/// keys only, since values may be passwords.
///
/// ```
/// use webcharm_juju::Databag;
/// let bag = Databag::from_iter([("password", "hunter2")]);
/// assert_eq!(format!("{bag:?}"), r#"Databag(["password"])"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Databag(BTreeMap<String, String>);

impl Databag {
    /// An empty databag.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The value of `key` as text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The changes that turn `current` into a databag in which every key of `wanted` has its value: the keys that
    /// differ, with an empty value for a key to delete. Keys of `current` that are not in `wanted` stay, since Juju and
    /// other parts of the charm have keys in the same databag.
    ///
    /// ```
    /// use webcharm_juju::Databag;
    /// let current = Databag::from_iter([("a", "1"), ("b", "2"), ("c", "3")]);
    /// let wanted = Databag::from_iter([("a", "1"), ("b", "5"), ("c", ""), ("d", "")]);
    /// assert_eq!(Databag::diff(&current, &wanted), Databag::from_iter([("b", "5"), ("c", "")]));
    /// ```
    #[must_use]
    pub fn diff(current: &Self, wanted: &Self) -> Self {
        let differs = |key: &str, value: &str| current.text(key).unwrap_or_default() != value;
        wanted.iter().filter(|(key, value)| differs(key, value)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// Makes `changes` to this databag: sets values, and deletes the keys whose new value is empty.
    pub fn apply(&mut self, changes: &Self) {
        for (key, value) in &changes.0 {
            if value.is_empty() {
                self.0.remove(key);
            } else {
                self.0.insert(key.clone(), value.clone());
            }
        }
    }

    /// The size after `changes`, without making them.
    pub(crate) fn bytes_after(&self, changes: &Self) -> usize {
        let kept = self.0.iter().filter(|(key, _)| !changes.0.contains_key(*key));
        let set = changes.0.iter().filter(|(_, value)| !value.is_empty());
        kept.chain(set).map(|(key, value)| key.len() + value.len()).sum()
    }

    /// The size Juju counts against [`MAX_DATABAG_BYTES`]: the bytes of keys and values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}

impl fmt::Debug for Databag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Databag({:?})", self.0.keys().collect::<Vec<_>>())
    }
}

impl Deref for Databag {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Databag {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Databag {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl From<BTreeMap<String, String>> for Databag {
    fn from(map: BTreeMap<String, String>) -> Self {
        Self(map)
    }
}

impl IntoIterator for Databag {
    type Item = (String, String);
    type IntoIter = std::collections::btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Databag {
    type Item = (&'a String, &'a String);
    type IntoIter = std::collections::btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bag() -> impl Strategy<Value = Databag> {
        proptest::collection::btree_map("[a-c]", "[x-z]{0,2}", 0..4).prop_map(Databag::from)
    }

    proptest! {
        #[test]
        fn diff_then_apply_gives_what_was_wanted(current in bag(), wanted in bag()) {
            let mut clean = Databag::new();
            clean.apply(&current);
            let mut after = clean.clone();
            after.apply(&Databag::diff(&clean, &wanted));
            for (key, value) in &wanted {
                prop_assert_eq!(after.text(key).unwrap_or_default(), value.as_str());
            }
            prop_assert!(Databag::diff(&after, &wanted).is_empty());
            prop_assert_eq!(clean.bytes_after(&wanted), after.bytes());
        }
    }

    #[test]
    fn bytes_count_keys_and_values() {
        assert_eq!(Databag::from_iter([("ab", "cde"), ("f", "")]).bytes(), 6);
    }
}
