//! The value of one parameter of an action.

use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::{SettingError, plain};

/// A value under its parameter's name.
pub(super) struct Json<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a serde_json::Value,
}

impl<'de> IntoDeserializer<'de, SettingError> for Json<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Hands the value over to serde_json, whose errors get the key and lose the value.
macro_rules! handed_over {
    ($($method:ident($($arg:ident: $type:ty),*);)+) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, SettingError> {
            self.value.$method($($arg,)* visitor).map_err(|error| wrong(&error).of(self.key))
        }
    )+};
}

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = SettingError;

    handed_over! {
        deserialize_any();
        deserialize_option();
        deserialize_newtype_struct(name: &'static str);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// The rule that a value breaks, as serde's words end with it.
fn wrong(error: &serde_json::Error) -> SettingError {
    let words = error.to_string();
    match words.rsplit_once("expected ") {
        Some((_, expected)) => SettingError::why(format!("must be {}", plain(expected))),
        None if words.starts_with("missing field") => SettingError::why(words),
        None => SettingError::why("has a value that can't be read"),
    }
}

/// Reads any type out of a value under a name.
pub(crate) fn read<'de, T: Deserialize<'de>>(key: &'de str, value: &'de serde_json::Value) -> Result<T, SettingError> {
    T::deserialize(Json { key, value })
}
