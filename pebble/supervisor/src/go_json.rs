//! JSON as Go's `encoding/json` reads and writes it, with its messages, since clients see them.
//!
//! Keys match in any case, nulls count as missing, text after the first value is ignored, and the first wrong type is
//! named with Go's types: [`scan`] finds the value's end, [`read`] turns it into the fields of a [`shape`].

mod read;
mod scan;
pub(crate) mod shape;
mod write;

pub(crate) use read::{decode, decode_as};
pub(crate) use write::{encode, encode_log};

/// Go's message about a text that is no JSON; `None` for JSON.
pub(crate) fn syntax_error(text: &[u8]) -> Option<String> {
    scan::value(text).err()
}
