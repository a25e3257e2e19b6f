//! JSON text as the Python framework writes it, byte for byte: `, ` and `: ` between items, ASCII only.
//!
//! Nobody on the wire depends on the spacing. It is kept since a charm that replaces a Python one in place then finds
//! its own databags as it would have written them, and writes nothing.
//!
//! And the way back, for protocols in which every value of a databag is a JSON document.

use std::collections::BTreeMap;
use std::io::{self, Write};

use juju::Databag;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{Formatter, Serializer};

use crate::read::Stop;

/// The longest document that is looked into. A databag may hold 16 MiB, and a document in memory many times its text.
const MAX_BYTES: usize = 64 * 1024;

/// The value of the document under `key`, which is to be `kind` ("a text"); `None` if it is absent, empty or null.
pub(crate) fn value<T: DeserializeOwned>(bag: &Databag, key: &str, kind: &str) -> Result<Option<T>, Stop> {
    let Some(text) = bag.text(key).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.len() > MAX_BYTES {
        return Err(Stop::invalid(key, "it is too long"));
    }
    serde_json::from_str(text).map_err(|error| {
        // The error's own text may show the value.
        let why = if error.is_data() { format!("it is not {kind}") } else { "it is not JSON".to_owned() };
        Stop::invalid(key, &why)
    })
}

/// The text of `value` as Python's `json.dumps` has it. Maps come out in their own order: give ordered ones.
///
/// ```
/// assert_eq!(interfaces::json_text(&["ü", "a b"]), r#"["\u00fc", "a b"]"#);
/// ```
#[must_use]
pub fn text<T: Serialize + ?Sized>(value: &T) -> String {
    let mut bytes = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut bytes, Python))
        .expect("scalars, lists and maps with string keys always have a JSON text");
    String::from_utf8(bytes).expect("only ASCII is written")
}

/// A databag as the document that its reader keeps of it; without the copy that the databag's own side keeps.
pub(crate) fn copy(bag: &Databag) -> String {
    let copy = bag.iter().filter(|(key, _)| *key != "data");
    text(&copy.collect::<BTreeMap<_, _>>())
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    /// Gets what needs no escape in JSON; Python escapes everything outside printable ASCII besides.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            if matches!(character, ' '..='~') {
                out.write_all(&[character as u8])?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_python_writes_it() {
        let cases = [
            (vec!["username", "tls-ca"], r#"["username", "tls-ca"]"#),
            (vec![], "[]"),
            (vec!["ü€😀", "a\"b\\c\n\u{1}\u{7f}"], r#"["\u00fc\u20ac\ud83d\ude00", "a\"b\\c\n\u0001\u007f"]"#),
        ];
        for (list, expected) in cases {
            assert_eq!(text(&list), expected);
        }
        let map = BTreeMap::from([("b", "2"), ("a", "1")]);
        assert_eq!(text(&map), r#"{"a": "1", "b": "2"}"#);
    }

    proptest! {
        #[test]
        fn it_reads_back(map in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..5)) {
            let back: BTreeMap<String, String> = serde_json::from_str(&text(&map)).unwrap();
            prop_assert_eq!(back, map);
        }
    }
}
