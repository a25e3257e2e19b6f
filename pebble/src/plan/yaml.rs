//! YAML reader, the only module that uses the parser crate.
//!
//! The result is a tree of [`Node`]s whose scalars keep their source text, which Pebble's types need (`1e3` as an
//! environment value stays `1e3`) and its messages quote. [`resolve`] interprets plain scalars by the rules of Pebble's
//! YAML library.
//!
//! Untrusted text is limited before it grows: by size, by depth of brackets, and by the number of nodes with aliases
//! expanded, which a first pass counts.

mod limits;
mod message;
mod node;
mod resolve;

pub(super) use node::{Kind, Node};
pub(super) use resolve::{Resolved, resolve, separates_digits};

use super::Error;

/// Reads the first document of the text; `None` if there is none.
pub(super) fn read(text: &str) -> Result<Option<Node>, Error> {
    limits::check(text)?;
    node::read(text)
}

/// Reads a value from YAML that is trusted, such as a file of the command line's user.
///
/// # Errors
/// The parser's text about the first thing that is wrong.
pub fn from_yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
