//! Go's types of JSON values, as far as its messages show them.

use std::fmt;

/// Go type of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// `string`.
    Text,
    /// A type of its own on top of `string`, with its name.
    TextType(&'static str),
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `uint32`.
    Uint32,
    /// A slice.
    List(&'static Shape),
    /// A map with texts as keys.
    Map(&'static Shape),
    /// A pointer: null is a value of it.
    Pointer(&'static Shape),
    /// A struct.
    Struct(&'static Struct),
    /// `json.RawMessage`: any value, read as its text.
    Raw,
}

/// Go struct.
#[derive(Debug)]
pub(crate) struct Struct {
    /// Go's name, in package `daemon`; empty for a struct without a name.
    pub(crate) name: &'static str,
    /// Fields: key in JSON, Go's name, type.
    pub(crate) fields: &'static [(&'static str, &'static str, Shape)],
}

impl fmt::Display for Shape {
    /// Go's name of the type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Text => f.write_str("string"),
            Shape::TextType(name) => f.write_str(name),
            Shape::Bool => f.write_str("bool"),
            Shape::Int => f.write_str("int"),
            Shape::Uint32 => f.write_str("uint32"),
            Shape::List(inner) => write!(f, "[]{inner}"),
            Shape::Map(inner) => write!(f, "map[string]{inner}"),
            Shape::Pointer(inner) => write!(f, "*{inner}"),
            Shape::Struct(of) if of.name.is_empty() => without_name(of, f),
            Shape::Struct(of) => write!(f, "daemon.{}", of.name),
            Shape::Raw => f.write_str("json.RawMessage"),
        }
    }
}

fn without_name(of: &Struct, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("struct {")?;
    for (index, (key, name, shape)) in of.fields.iter().enumerate() {
        let separator = if index == 0 { "" } else { ";" };
        write!(f, r#"{separator} {name} {shape} "json:\"{key}\"""#)?;
    }
    f.write_str(" }")
}
