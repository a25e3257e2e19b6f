//! Names Juju gives to things: units and relations. Parsed on entry, never checked again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Text that is not the name it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not `<application>/<number>`.
    #[error("cannot read {0:?} as a unit name: expected application/number")]
    Unit(String),
    /// Neither `<number>` nor `<endpoint>:<number>`.
    #[error("cannot read {0:?} as a relation id: expected number or endpoint:number")]
    Relation(String),
}

/// A unit's name, `app/0`. Ordered by application, then by *number*: `app/2` comes before `app/10`.
///
/// ```
/// use webcharm_juju::UnitName;
/// let mut units: Vec<UnitName> = ["db/10", "db/2"].iter().map(|n| n.parse().unwrap()).collect();
/// units.sort();
/// assert_eq!(units[0].to_string(), "db/2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName {
    app: String,
    number: u32,
}

impl UnitName {
    /// The unit `number` of the application `app`, which must not be empty or hold a slash to be read back.
    pub fn new(app: impl Into<String>, number: u32) -> Self {
        Self { app: app.into(), number }
    }

    /// The application the unit belongs to.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.app
    }

    /// The unit's number.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app, self.number)
    }
}

impl FromStr for UnitName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError::Unit(shortened(text));
        let (app, number) = text.split_once('/').ok_or_else(wrong)?;
        if app.is_empty() || app.contains(char::is_whitespace) {
            return Err(wrong());
        }
        Ok(Self::new(app, digits(number).ok_or_else(wrong)?))
    }
}

/// The number a relation has in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RelationId(pub u32);

impl fmt::Display for RelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RelationId {
    type Err = NameError;

    /// Reads `7` and `db:7`, the form `relation-ids` and `JUJU_RELATION_ID` use.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let number = text.rsplit_once(':').map_or(text, |(_, number)| number);
        digits(number).map(Self).ok_or_else(|| NameError::Relation(shortened(text)))
    }
}

/// A number of digits alone: Rust's own parser would take a sign.
fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl Serialize for UnitName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// As much of a text as an error shows.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn unit_names_sort_by_number() {
        let mut names: Vec<UnitName> = ["b/1", "a/10", "a/9"].iter().map(|n| n.parse().expect("a good name")).collect();
        names.sort();
        assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a/9", "a/10", "b/1"]);
    }

    #[test]
    fn bad_unit_names_are_refused() {
        for bad in ["", "a", "a/", "/1", "a/-1", "a/+1", "a/1/2", "a b/1", "a/99999999999"] {
            assert!(bad.parse::<UnitName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn relation_ids_come_with_or_without_endpoint() {
        assert_eq!("7".parse(), Ok(RelationId(7)));
        assert_eq!("db:7".parse(), Ok(RelationId(7)));
        for bad in ["", "db:", "db", "db:-1", "+1"] {
            assert!(bad.parse::<RelationId>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn unit_names_round_trip(app in "[a-z][a-z0-9-]{0,20}", number: u32) {
            let name = UnitName::new(app, number);
            prop_assert_eq!(name.to_string().parse::<UnitName>(), Ok(name));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC*") {
            let _ = text.parse::<UnitName>();
            let _ = text.parse::<RelationId>();
        }
    }
}
