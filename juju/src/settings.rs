//! Structs out of databags, options and parameters, and databags out of structs, by serde.
//!
//! A databag holds texts. A text is read as the type that the field wants: text as it is, numbers and booleans by their usual
//! form, lists and structs as JSON. Options have types of their own. Errors name the key and never quote a value, which may be
//! a secret. Texts are read in `settings/text.rs`, options in `settings/value.rs`,
//! parameters of actions in `settings/json.rs`.

mod json;
mod text;
mod value;

use std::fmt;

pub(crate) use json::read as read_json;

use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeOwned, Expected, Unexpected};
use serde::{Serialize, ser};

use crate::config::Config;
use crate::databag::Databag;

/// A key whose value is not what a struct wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError(Box<Fault>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    key: Option<String>,
    why: String,
}

impl SettingError {
    /// The key; `None` if the fault is not one key's.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    fn why(why: impl Into<String>) -> Self {
        Self(Box::new(Fault { key: None, why: why.into() }))
    }

    fn of(mut self, key: &str) -> Self {
        self.0.key.get_or_insert_with(|| key.to_owned());
        self
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Fault { key: Some(key), why } => write!(f, "{key}: {why}"),
            Fault { key: None, why } => f.write_str(why),
        }
    }
}

impl std::error::Error for SettingError {}

impl de::Error for SettingError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::why(why.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::why(format!("must be {}", plain(&expected.to_string())))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(Unexpected::Unit, expected)
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::why(format!("must be one of {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::why("is missing").of(field)
    }
}

impl ser::Error for SettingError {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::why(why.to_string())
    }
}

/// Words of an operator for a type of Rust.
pub(crate) fn plain(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "text",
        other => other,
    }
}

/// Reads a struct out of a databag.
pub(crate) fn from_databag<T: DeserializeOwned>(bag: &Databag) -> Result<T, SettingError> {
    let entries = bag.iter().map(|(key, text)| (key.as_str(), text::Text { key, text }));
    T::deserialize(MapDeserializer::new(entries))
}

/// Reads a struct out of the options.
pub(crate) fn from_config<T: DeserializeOwned>(config: &Config) -> Result<T, SettingError> {
    let entries = config.iter().map(|(key, value)| (key.as_str(), value::Value { key, value }));
    T::deserialize(MapDeserializer::new(entries))
}

/// Reads a struct out of a mapping of JSON.
pub(crate) fn from_json<T: DeserializeOwned>(
    map: &serde_json::Map<String, serde_json::Value>,
) -> Result<T, SettingError> {
    let entries = map.iter().map(|(key, value)| (key.as_str(), json::Json { key, value }));
    T::deserialize(MapDeserializer::new(entries))
}

/// Texts of a struct's fields. A field without a value deletes its key; lists and structs become JSON.
pub(crate) fn to_databag<T: Serialize>(settings: &T) -> Result<Databag, SettingError> {
    let json = serde_json::to_value(settings).map_err(|error| SettingError::why(error.to_string()))?;
    let serde_json::Value::Object(fields) = json else {
        return Err(SettingError::why("only a struct or a map can be written into a databag"));
    };
    Ok(fields.into_iter().map(|(key, value)| (key, text_of(value))).collect())
}

fn text_of(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
