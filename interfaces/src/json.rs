//! JSON text as the Python framework writes it, byte for byte: `, ` and `: ` between items, ASCII only.
//!
//! No reader depends on the spacing. It is the same so that a charm that replaces a Python charm in place finds its
//! databags unchanged and doesn't write them again.
//!
//! Also parses JSON, for protocols in which every value of a databag is a JSON document.

use std::collections::BTreeMap;
use std::io::{self, Write};

use juju::{Databag, Part, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{Formatter, Serializer};

use crate::field;
use crate::read::Stop;

/// The longest document that is looked into. A databag may hold 16 MiB, and a document in memory many times its text.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// The deepest nesting that is looked into; the protocols need five levels.
const MAX_DEPTH: usize = 32;

/// The longest document that is looked into where one holds dashboards or rules.
const LARGE_BYTES: usize = 8 << 20;

/// The value of the document under `key`, which is to be `kind` ("a text"); `None` if it is absent, empty or null.
pub(crate) fn value<T: DeserializeOwned>(bag: &Databag, key: &str, kind: &str) -> Result<Option<T>, Stop> {
    within(bag, key, kind, MAX_BYTES)
}

/// The same of a document that may be large.
pub(crate) fn large<T: DeserializeOwned>(bag: &Databag, key: &str, kind: &str) -> Result<Option<T>, Stop> {
    within(bag, key, kind, LARGE_BYTES)
}

fn within<T: DeserializeOwned>(bag: &Databag, key: &str, kind: &str, limit: usize) -> Result<Option<T>, Stop> {
    let Some(text) = bag.text(key).filter(|text| !text.is_empty()) else { return Ok(None) };
    field::within(key, text, limit)?;
    if depth(text) > MAX_DEPTH {
        return Err(Stop::invalid(key, &format!("it is nested more than {MAX_DEPTH} levels deep")));
    }
    serde_json::from_str(text).map_err(|error| {
        // The error's own text may show the value.
        let why = if error.is_data() { format!("it is not {kind}") } else { "it is not JSON".to_owned() };
        Stop::invalid(key, &why)
    })
}

/// Puts the text of `value` into `wanted`, or the text in `current` if that says the same in another spelling.
pub(crate) fn put<T: Serialize + ?Sized>(wanted: &mut Databag, current: &Databag, key: &str, value: &T) {
    let text = text(value);
    let same = current.text(key).filter(|current| says(current, &text)).map(str::to_owned);
    wanted.insert(key.to_owned(), same.unwrap_or(text));
}

/// True if two texts are the same JSON.
fn says(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || value(one).is_some_and(|one| value(other) == Some(one))
}

/// The same of a list, which has few entries.
pub(crate) fn list<T: DeserializeOwned>(bag: &Databag, key: &str, kind: &str) -> Result<Vec<T>, Stop> {
    let items: Vec<T> = value(bag, key, kind)?.unwrap_or_default();
    field::few(key, &items)?;
    Ok(items)
}

/// Nesting depth of lists and objects in a text, which need not be valid JSON. Brackets within strings don't count.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
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

/// The text of a list of objects, as [`text`] has it. Their fields are texts, or the ids of secrets.
pub(crate) fn objects(objects: &[BTreeMap<&str, Part>]) -> Value {
    let mut parts = vec![Part::Text("[".to_owned())];
    for (at, object) in objects.iter().enumerate() {
        let separators = std::iter::once(if at == 0 { "{" } else { ", {" }).chain(std::iter::repeat(", "));
        for (separator, (key, field)) in separators.zip(object) {
            parts.push(Part::Text(format!("{separator}{}: ", text(key))));
            match field {
                Part::Text(field) => parts.push(Part::Text(text(field))),
                // An id needs no escape.
                secret @ Part::Secret(_) => {
                    let quote = || Part::Text("\"".to_owned());
                    parts.extend([quote(), secret.clone(), quote()]);
                }
            }
        }
        parts.push(Part::Text("}".to_owned()));
    }
    parts.push(Part::Text("]".to_owned()));
    parts.into_iter().collect()
}

/// Most bytes of a databag's copy. A larger copy could exceed the databag's limit, and no reader needs it.
const LARGEST_COPY: usize = 64 * 1024;

/// Copy of the other side's databag as JSON, without that databag's own copy (`data`). Absent if larger than
/// [`LARGEST_COPY`].
pub(crate) fn copy(bag: &Databag) -> Option<String> {
    let copied = || bag.iter().filter(|(key, _)| *key != "data");
    let bytes: usize = copied().map(|(key, value)| key.len() + value.len()).sum();
    let copy = (bytes <= LARGEST_COPY).then(|| text(&copied().collect::<BTreeMap<_, _>>()));
    copy.filter(|copy| copy.len() <= LARGEST_COPY)
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

    #[test]
    fn objects_are_written_as_any_list_is() {
        let map =
            |entries: [(&'static str, &str); 2]| BTreeMap::from(entries.map(|(key, value)| (key, value.to_owned())));
        let maps = [map([("b", "ü\""), ("a", "1")]), map([("c", ""), ("d", "[")])];
        for list in [&maps[..0], &maps[..1], &maps[..]] {
            let parts = |map: &BTreeMap<&'static str, String>| {
                map.iter().map(|(key, value)| (*key, Part::Text(value.clone()))).collect::<BTreeMap<_, _>>()
            };
            let mut draft = juju::Draft::default();
            draft.set("k", objects(&list.iter().map(parts).collect::<Vec<_>>()));
            assert_eq!(draft.texts().text("k"), Some(text(list).as_str()));
        }
        let offer = juju::Offer { label: "user".to_owned(), content: juju::SecretContent::new() };
        let mut draft = juju::Draft::default();
        draft.set("k", objects(&[BTreeMap::from([("id", Part::Secret(offer))])]));
        let written = crate::trial::written(&draft, &Databag::new());
        assert_eq!(written.text("k"), Some(format!(r#"[{{"id": "{}"}}]"#, crate::trial::SECRET).as_str()));
    }

    #[test]
    fn depth_is_that_of_brackets_outside_of_strings() {
        let table = [
            ("", 0),
            ("7", 0),
            ("[]", 1),
            (r#"{"a": [1, {"b": []}], "c": {}}"#, 4),
            (r#"["[[[", "\\", [2], "\"[[["]"#, 2),
            ("]]]][", 1),
            ("\\[", 1),
        ];
        for (text, expected) in table {
            assert_eq!(depth(text), expected, "{text}");
        }
    }

    #[test]
    fn a_nested_document_is_refused_before_it_is_parsed() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let read = |text: String| value::<serde_json::Value>(&Databag::from_iter([("k", text)]), "k", "a list");
        assert!(read(nested(MAX_DEPTH)).is_ok());
        for text in [nested(MAX_DEPTH + 1), "[".repeat(MAX_BYTES), "{\"a\":".repeat(MAX_DEPTH + 1)] {
            let Err(Stop::Invalid { key, why }) = read(text) else { panic!("it's refused") };
            assert_eq!((key.as_str(), why.as_str()), ("k", "it is nested more than 32 levels deep"));
        }
    }

    proptest! {
        #[test]
        fn it_reads_back(map in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..5)) {
            let back: BTreeMap<String, String> = serde_json::from_str(&text(&map)).unwrap();
            prop_assert_eq!(back, map);
        }
    }
}
