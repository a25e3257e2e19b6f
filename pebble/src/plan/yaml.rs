//! Reading YAML text: the one place that knows the parser.
//!
//! Text comes out as a tree of [`Node`]s whose scalars keep the text they were written with, since Pebble's types ask
//! for that text (`1e3` as an environment value stays `1e3`) and its messages quote it. What a plain scalar would mean
//! on its own is [`resolve`]'s business, by the rules of the YAML library Pebble uses.
//!
//! Strangers' text is bounded before it grows: by size, by brackets within brackets, and by the number of nodes with
//! aliases expanded, counted in a pass that keeps nothing.

mod limits;
mod message;
mod node;
mod resolve;

pub(super) use node::{Kind, Node};
pub(super) use resolve::{Resolved, resolve, separates_digits};

use super::Error;

/// Reads the first document of the text; `None` when there is none.
pub(super) fn read(text: &str) -> Result<Option<Node>, Error> {
    limits::check(text)?;
    node::read(text)
}

#[cfg(test)]
mod tests;
