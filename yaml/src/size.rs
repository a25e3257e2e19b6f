//! Measures the value of a document, aliases followed, without making it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

/// Nodes and bytes left. Exceeding them fails and leaves the budget spent.
pub(crate) struct Budget {
    pub(crate) nodes: usize,
    pub(crate) text: usize,
}

impl Budget {
    pub(crate) fn is_spent(&self) -> bool {
        self.nodes == 0 || self.text == 0
    }

    fn take<E: Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.nodes = self.nodes.saturating_sub(1);
        self.text = self.text.saturating_sub(bytes);
        if self.is_spent() { Err(E::custom("over the limits")) } else { Ok(()) }
    }
}

/// Subtracts one value and its content from the budget.
pub(crate) struct Measure<'b>(pub(crate) &'b mut Budget);

impl<'de> DeserializeSeed<'de> for Measure<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Measure<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_i128<E: Error>(self, _: i128) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.0.take(0)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.0.take(text.len())
    }
    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<(), E> {
        self.0.take(bytes.len())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.take(0)?;
        while items.next_element_seed(Measure(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.take(0)?;
        while entries.next_key_seed(Measure(self.0))?.is_some() {
            entries.next_value_seed(Measure(self.0))?;
        }
        Ok(())
    }

    /// A value with a tag of its own.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<(), A::Error> {
        let ((), content) = access.variant_seed(Measure(self.0))?;
        content.newtype_variant_seed(self)
    }
}
