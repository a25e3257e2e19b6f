//! Writes YAML that every version reads alike, and looks keys up in parsed YAML.
//!
//! Strings are always quoted: Juju's and Python's readers follow YAML 1.1, in which a bare `yes`, `on` or `12:30` is no
//! string. JSON's escapes are valid in YAML.

use serde_yaml::{Mapping, Value};

pub(crate) use extensions::section;

/// Parses the document `text`, a mapping or empty, within the limits of the package `yaml`.
pub(crate) fn parse(text: &str) -> Result<Mapping, ::yaml::Error> {
    let mut value: Value = ::yaml::from_str(text)?;
    value.apply_merge()?;
    if value.is_null() { Ok(Mapping::new()) } else { Ok(serde_yaml::from_value(value)?) }
}

/// The text under `key`.
pub(crate) fn text<'a>(mapping: &'a Mapping, key: &str) -> Option<&'a str> {
    mapping.get(key).and_then(Value::as_str)
}

/// The texts among the keys of `mapping`.
pub(crate) fn keys(mapping: &Mapping) -> impl Iterator<Item = &str> {
    mapping.keys().filter_map(Value::as_str)
}

/// The document `mapping`, in block style.
pub(crate) fn write(mapping: &Mapping) -> String {
    let mut out = String::new();
    block(mapping, 0, &mut out);
    out
}

fn block(mapping: &Mapping, indent: usize, out: &mut String) {
    for (key, value) in mapping {
        out.push_str(&" ".repeat(indent));
        out.push_str(&self::key(key));
        out.push(':');
        entry(value, indent, out);
    }
}

/// Writes a value after a key's colon or an item's dash, with the line's end.
fn entry(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            out.push('\n');
            block(mapping, indent + 2, out);
        }
        Value::Sequence(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                out.push_str(&" ".repeat(indent + 2));
                out.push('-');
                entry(item, indent + 2, out);
            }
        }
        other => {
            out.push(' ');
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
}

fn key(key: &Value) -> String {
    match key {
        Value::String(text) if is_plain(text) => text.clone(),
        other => scalar(other),
    }
}

/// Returns true if every reader takes the bare key for a string: YAML 1.1 has short words for booleans and null.
fn is_plain(text: &str) -> bool {
    text.len() > 3
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && !text.starts_with('-')
        && !["true", "false", "null"].contains(&text)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Sequence(_) => "[]".to_owned(),
        Value::Mapping(_) => "{}".to_owned(),
        Value::Tagged(tagged) => scalar(&tagged.value),
    }
}

/// A JSON string in which the characters that only YAML forbids bare are escaped too.
pub(crate) fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.chars().fold(String::with_capacity(json.len()), |mut out, character| {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => out.push(other),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "(yes|on|~|=|<<|12:30|0o17|1e3|2024-01-01|- x|# c| x )".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Mapping(map.into_iter().map(|(k, v)| (Value::from(k), v)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn written_yaml_is_read_back(values in prop::collection::btree_map("[a-z-]{1,6}|y|on|\\PC*", value(), 0..5)) {
            let mapping: Mapping = values.into_iter().map(|(k, v)| (Value::from(k), v)).collect();
            let text = write(&mapping);
            let read: Mapping = if mapping.is_empty() { Mapping::new() } else { serde_yaml::from_str(&text).unwrap() };
            prop_assert_eq!(mapping, read, "{}", text);
        }
    }

    #[test]
    fn strings_are_quoted_and_plain_keys_are_not() {
        let mapping: Mapping =
            serde_yaml::from_str("{name: x, \"on\": \"yes\", list: [1, {a: b}], none: null, empty: {}}").unwrap();
        assert_eq!(
            write(&mapping),
            "name: \"x\"\n\"on\": \"yes\"\nlist:\n  - 1\n  -\n    \"a\": \"b\"\nnone: null\nempty: {}\n"
        );
    }
}
