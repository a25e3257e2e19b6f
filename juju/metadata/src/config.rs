//! Options: their declarations and their values.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An option's value. Options of type secret arrive as text, `secret:…`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "Juju's own words")]
pub enum ConfigValue {
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
}

impl ConfigValue {
    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The whole number, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The number, whole or not.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "an option that large is no measure")]
    pub const fn as_float(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::String(value) => value.fmt(f),
        }
    }
}

impl From<&str> for ConfigValue {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<i64> for ConfigValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for ConfigValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// The types an option can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "Juju's own words")]
pub enum OptionKind {
    String,
    Int,
    Float,
    Boolean,
    Secret,
}

impl OptionKind {
    /// Juju's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Secret => "secret",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::String, Self::Int, Self::Float, Self::Boolean, Self::Secret].into_iter().find(|k| k.as_str() == word)
    }

    /// True if an option of this type can have this value. A float accepts a whole number; a secret's address is text.
    #[must_use]
    pub const fn accepts(self, value: &ConfigValue) -> bool {
        matches!(
            (self, value),
            (Self::String | Self::Secret, ConfigValue::String(_))
                | (Self::Int | Self::Float, ConfigValue::Int(_))
                | (Self::Float, ConfigValue::Float(_))
                | (Self::Boolean, ConfigValue::Bool(_))
        )
    }
}

/// An option's declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigOption {
    /// Its type.
    pub kind: OptionKind,
    /// The value until the operator sets another.
    pub default: Option<ConfigValue>,
    /// The purpose, for people.
    pub description: String,
    /// `optional` as written, which Juju ignores and 12-factor charms read: false means a value must be set.
    pub optional: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_accept_their_values() {
        assert!(OptionKind::Float.accepts(&1.into()));
        assert!(!OptionKind::Int.accepts(&ConfigValue::Float(1.5)));
        assert!(!OptionKind::String.accepts(&true.into()));
        assert_eq!(OptionKind::parse("boolean"), Some(OptionKind::Boolean));
        assert_eq!(OptionKind::parse("bool"), None);
    }
}
