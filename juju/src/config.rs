//! The values of the application's options.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

use juju_metadata::ConfigValue;
use serde::{Deserialize, Serialize};

/// The options that have a value, set or by default. `Debug` prints the names only, since values may be passwords.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config(BTreeMap<String, ConfigValue>);

impl Config {
    /// The option's text; `None` if it has no value or is not text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The option's whole number; `None` if it has no value or is not a whole number.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_int()
    }

    /// The option's boolean; `None` if it has no value or is not a boolean.
    #[must_use]
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({:?})", self.0.keys().collect::<Vec<_>>())
    }
}

impl Deref for Config {
    type Target = BTreeMap<String, ConfigValue>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Config {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<K: Into<String>, V: Into<ConfigValue>> FromIterator<(K, V)> for Config {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl From<BTreeMap<String, ConfigValue>> for Config {
    fn from(map: BTreeMap<String, ConfigValue>) -> Self {
        Self(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_juju_prints_them() {
        let config: Config = serde_json::from_str(r#"{"a":"x","b":1,"c":1.5,"d":true}"#).expect("an answer");
        assert_eq!(config.text("a"), Some("x"));
        assert_eq!(config.int("b"), Some(1));
        assert_eq!(config.get("c").and_then(ConfigValue::as_float), Some(1.5));
        assert_eq!(config.bool("d"), Some(true));
        assert_eq!(config.text("b"), None);
        assert_eq!(format!("{config:?}"), r#"Config(["a", "b", "c", "d"])"#);
    }
}
