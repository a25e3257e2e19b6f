//! The tree of nodes, built from a serde parser that resolves scalars before it returns them.
//!
//! Two passes over the parser's events: the first learns (and counts) the nodes' shapes, the second requests every
//! scalar as text. A borrowed text points into the input, which gives its offset and, by the character before it, its
//! quotes.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::resolve::{Resolved, resolve};
use super::{limits, message};
use crate::plan::Error;

/// A node of a document.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::plan) struct Node {
    /// Offset in the text, if known; a collection's is that of its first scalar.
    pub(in crate::plan) offset: Option<usize>,
    /// Kind of the node, with its content.
    pub(in crate::plan) kind: Kind,
}

/// Kind of a node.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::plan) enum Kind {
    /// A scalar with its source text; `plain` is without quotes.
    Scalar { text: String, plain: bool },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping in source order, with duplicate keys.
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// Meaning of a scalar; `None` for collections.
    pub(in crate::plan) fn resolved(&self) -> Option<Resolved> {
        match &self.kind {
            Kind::Scalar { text, plain: true } => Some(resolve(text)),
            Kind::Scalar { plain: false, .. } => Some(Resolved::Text),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// True for a text, number or the like.
    pub(in crate::plan) fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Scalar { .. })
    }

    /// True for null and a missing scalar.
    pub(in crate::plan) fn is_null(&self) -> bool {
        self.resolved() == Some(Resolved::Null)
    }

    /// Converts missing scalars in the tree to empty texts.
    pub(in crate::plan) fn with_blanks_as_text(self) -> Self {
        let kind = match self.kind {
            Kind::Scalar { text, plain } => {
                let plain = plain && !text.is_empty();
                Kind::Scalar { text, plain }
            }
            Kind::Sequence(items) => Kind::Sequence(items.into_iter().map(Self::with_blanks_as_text).collect()),
            Kind::Mapping(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key, value.with_blanks_as_text()));
                Kind::Mapping(entries.collect())
            }
        };
        Self { kind, ..self }
    }
}

/// Reads the first document.
pub(super) fn read(text: &str) -> Result<Option<Node>, Error> {
    let budget = Cell::new(limits::MAX_NODES);
    let over = |error: &serde_yaml::Error| budget.get() == 0 || error.to_string().starts_with("repetition limit");
    let shape = document(text, ShapeSeed { budget: &budget }).map_err(|error| {
        if over(&error) { limits::limit("document contains excessive aliasing") } else { message::parse(text, &error) }
    })?;
    if shape == Some(Shape::Nothing) {
        return Ok(None);
    }
    match shape {
        Some(shape) => {
            let seed = NodeSeed { shape: &shape, text, end: &Cell::new(0) };
            document(text, seed).map_err(|error| message::parse(text, &error))
        }
        None => Ok(None),
    }
}

fn document<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<Option<S::Value>, serde_yaml::Error> {
    serde_yaml::Deserializer::from_str(text).next().map(|document| seed.deserialize(document)).transpose()
}

#[derive(Debug, PartialEq)]
enum Shape {
    /// An empty document.
    Nothing,
    Null,
    Scalar,
    Sequence(Vec<Shape>),
    Mapping(Vec<(Shape, Shape)>),
}

#[derive(Clone, Copy)]
struct ShapeSeed<'b> {
    budget: &'b Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        let left = self.budget.get().saturating_sub(1);
        self.budget.set(left);
        if left == 0 {
            return Err(D::Error::custom("too many nodes"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any YAML")
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Shape::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry_seed(self, self)? {
            entries.push(entry);
        }
        Ok(Shape::Mapping(entries))
    }

    /// A custom tag: its node is read, the tag is ignored.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Shape, A::Error> {
        let (_, variant) = access.variant::<serde::de::IgnoredAny>()?;
        variant.newtype_variant_seed(self)
    }
}

#[derive(Clone, Copy)]
struct NodeSeed<'s, 't> {
    shape: &'s Shape,
    text: &'t str,
    /// End of the last scalar with a known offset.
    end: &'s Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.shape {
            Shape::Nothing | Shape::Null | Shape::Scalar => deserializer.deserialize_str(self),
            Shape::Sequence(_) => deserializer.deserialize_seq(self),
            Shape::Mapping(_) => deserializer.deserialize_map(self),
        }
    }
}

impl NodeSeed<'_, '_> {
    fn scalar(self, text: &str, offset: Option<usize>) -> Node {
        let before = offset.and_then(|offset| offset.checked_sub(1)).map(|before| self.text.as_bytes()[before]);
        let quoted = offset.is_none() || matches!(before, Some(b'"' | b'\''));
        let plain = *self.shape == Shape::Null || !quoted;
        if let Some(offset) = offset {
            self.end.set(offset + text.len() + usize::from(quoted));
        }
        Node { offset: offset.or_else(|| self.next_word()), kind: Kind::Scalar { text: text.to_owned(), plain } }
    }

    /// Offset of a scalar that the parser copied: after the last known one, past separators.
    fn next_word(self) -> Option<usize> {
        let rest = self.text.get(self.end.get()..)?;
        rest.find(|c| !" \t\r\n:,-?[{]}".contains(c)).map(|at| self.end.get() + at)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the node that was there before")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node, E> {
        let offset = (text.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize);
        Ok(self.scalar(text, offset.filter(|offset| *offset <= self.text.len())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(self.scalar(text, None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let Shape::Sequence(shapes) = self.shape else { return Err(A::Error::custom("the text changed")) };
        let mut items = Vec::with_capacity(shapes.len());
        for shape in shapes {
            items.extend(access.next_element_seed(NodeSeed { shape, ..self })?);
        }
        // The parser requires reading to the end.
        while access.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Node { offset: items.first().and_then(|item| item.offset), kind: Kind::Sequence(items) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let Shape::Mapping(shapes) = self.shape else { return Err(A::Error::custom("the text changed")) };
        let mut entries = Vec::with_capacity(shapes.len());
        for (key, value) in shapes {
            entries.extend(access.next_entry_seed(NodeSeed { shape: key, ..self }, NodeSeed { shape: value, ..self })?);
        }
        while access.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {}
        Ok(Node { offset: entries.first().and_then(|(key, _)| key.offset), kind: Kind::Mapping(entries) })
    }
}
