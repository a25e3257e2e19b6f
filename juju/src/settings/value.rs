//! The value of one option.

use juju_metadata::ConfigValue;
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::SettingError;

/// A value under its option's name.
pub(super) struct Value<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a ConfigValue,
}

impl IntoDeserializer<'_, SettingError> for Value<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = SettingError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        let value = match self.value {
            ConfigValue::Bool(value) => visitor.visit_bool(*value),
            ConfigValue::Int(value) => visitor.visit_i64(*value),
            ConfigValue::Float(value) => visitor.visit_f64(*value),
            ConfigValue::String(value) => visitor.visit_str(value),
        };
        value.map_err(|error: SettingError| error.of(self.key))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SettingError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SettingError> {
        let ConfigValue::String(text) = self.value else { return self.deserialize_any(visitor) };
        let variant: de::value::StrDeserializer<'_, SettingError> = text.as_str().into_deserializer();
        visitor.visit_enum(variant).map_err(|error| error.of(self.key))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
