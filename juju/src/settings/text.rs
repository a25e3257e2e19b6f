//! The value of one key of a databag, read as the type that is wanted.

use std::str::FromStr;

use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

use super::SettingError;

/// A text under its key.
pub(super) struct Text<'a> {
    pub(super) key: &'a str,
    pub(super) text: &'a str,
}

impl<'a> Text<'a> {
    fn parse<T: FromStr>(&self, expected: &str) -> Result<T, SettingError> {
        let wrong = |_| SettingError::why(format!("must be {expected}")).of(self.key);
        self.text.parse().map_err(wrong)
    }

    /// Reads the text as JSON; the error tells the place only.
    fn json<T>(
        &self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'a>>) -> serde_json::Result<T>,
    ) -> Result<T, SettingError> {
        let mut from = serde_json::Deserializer::from_str(self.text);
        let value = read(&mut from).and_then(|value| from.end().map(|()| value));
        value.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            SettingError::why(format!("is not the JSON that is expected (line {line}, column {column})")).of(self.key)
        })
    }

    fn named<T>(&self, result: Result<T, SettingError>) -> Result<T, SettingError> {
        result.map_err(|error| error.of(self.key))
    }
}

impl<'de> IntoDeserializer<'de, SettingError> for Text<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident, $type:ty, $expected:literal;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
            let value = self.parse::<$type>($expected)?;
            self.named(visitor.$visit(value))
        }
    )+};
}

macro_rules! as_text {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
            self.deserialize_any(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = SettingError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        self.named(visitor.visit_str(self.text))
    }

    as_text! {
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_identifier
    }

    parsed! {
        deserialize_bool => visit_bool, bool, "true or false";
        deserialize_i8 => visit_i8, i8, "a whole number";
        deserialize_i16 => visit_i16, i16, "a whole number";
        deserialize_i32 => visit_i32, i32, "a whole number";
        deserialize_i64 => visit_i64, i64, "a whole number";
        deserialize_u8 => visit_u8, u8, "a whole number, not negative";
        deserialize_u16 => visit_u16, u16, "a whole number from 0 to 65535";
        deserialize_u32 => visit_u32, u32, "a whole number, not negative";
        deserialize_u64 => visit_u64, u64, "a whole number, not negative";
        deserialize_f32 => visit_f32, f32, "a number";
        deserialize_f64 => visit_f64, f64, "a number";
        deserialize_char => visit_char, char, "a single character";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        self.named(visitor.visit_unit())
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, SettingError> {
        self.named(visitor.visit_unit())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        self.json(|json| json.deserialize_seq(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, SettingError> {
        self.json(|json| json.deserialize_tuple(len, visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        self.json(|json| json.deserialize_tuple_struct(name, len, visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        self.json(|json| json.deserialize_map(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        self.json(|json| json.deserialize_struct(name, fields, visitor))
    }

    /// A variant by its name, or as JSON if it has data.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        if self.text.starts_with('{') {
            return self.json(|json| json.deserialize_enum(name, variants, visitor));
        }
        let variant: de::value::StrDeserializer<'_, SettingError> = self.text.into_deserializer();
        self.named(visitor.visit_enum(variant))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_unit()
    }
}
