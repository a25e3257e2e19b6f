//! Kinds of values, as charmcraft's models accept them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

/// Kind of a key's value. A name with a question mark in the tables also allows null.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Any value: the key has rules of its own.
    Any,
    /// Nothing but null.
    Null,
    /// A string.
    Text,
    /// A string or null.
    #[serde(rename = "text?")]
    TextOrNull,
    /// A string or a number.
    Word,
    /// A string, a number or null.
    #[serde(rename = "word?")]
    WordOrNull,
    /// A whole number, also as a string.
    Number,
    /// True or false, also as a word or number.
    Flag,
    /// As [`Kind::Flag`], or null.
    #[serde(rename = "flag?")]
    FlagOrNull,
    /// A list of strings.
    Texts,
    /// A list of strings and numbers, or null.
    #[serde(rename = "words?")]
    WordsOrNull,
    /// A list of strings, each once.
    Set,
    /// A list of paths that don't begin with a slash.
    Paths,
    /// A mapping of strings to strings or numbers.
    Pairs,
    /// A list of mappings with one pair each.
    Variables,
    /// A list of mappings.
    Mappings,
    /// A list of mappings, or null.
    #[serde(rename = "mappings?")]
    MappingsOrNull,
    /// A mapping or null.
    #[serde(rename = "mapping?")]
    MappingOrNull,
}

/// A table of keys.
pub(super) type Kinds = BTreeMap<String, Kind>;

/// Words that pydantic reads as true or false, in any case.
const FLAGS: [&str; 12] = ["0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"];

impl Kind {
    /// True if charmcraft's models accept `value`.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Null => value.is_null(),
            Self::Text => value.is_string(),
            Self::TextOrNull => value.is_string() || value.is_null(),
            Self::Word => is_word(value),
            Self::WordOrNull => is_word(value) || value.is_null(),
            Self::Number => is_number(value),
            Self::Flag => is_flag(value),
            Self::FlagOrNull => is_flag(value) || value.is_null(),
            Self::Texts => is_list(value, Value::is_string),
            Self::WordsOrNull => is_list(value, is_word) || value.is_null(),
            Self::Set => is_list(value, Value::is_string) && is_unique(value),
            Self::Paths => is_list(value, is_path),
            Self::Pairs => value.as_mapping().is_some_and(is_pairs),
            Self::Variables => is_list(value, |item| item.as_mapping().is_some_and(|it| it.len() == 1 && is_pairs(it))),
            Self::Mappings => is_list(value, Value::is_mapping),
            Self::MappingsOrNull => is_list(value, Value::is_mapping) || value.is_null(),
            Self::MappingOrNull => value.is_mapping() || value.is_null(),
        }
    }

    /// Description of the values that fit, as in "must be …".
    pub(super) fn needed(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Null => "left out",
            Self::Text | Self::TextOrNull | Self::Word | Self::WordOrNull => "a text",
            Self::Number => "a whole number",
            Self::Flag | Self::FlagOrNull => "true or false",
            Self::Texts | Self::WordsOrNull => "a list of texts",
            Self::Set => "a list of texts, each once",
            Self::Paths => "a list of relative paths",
            Self::Pairs => "a mapping of texts to texts",
            Self::Variables => "a list of `NAME: value`",
            Self::Mappings | Self::MappingsOrNull => "a list of mappings",
            Self::MappingOrNull => "a mapping",
        }
    }

    /// Spelling of a value that fits.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Any => "correct it",
            Self::Null => "remove it",
            Self::Text | Self::TextOrNull | Self::Word | Self::WordOrNull => "write a text; put a number in quotes",
            Self::Number => "write a number without a fraction",
            Self::Flag | Self::FlagOrNull => "write true or false",
            Self::Texts | Self::WordsOrNull | Self::Set => "write `- TEXT` lines below it, each text once",
            Self::Paths => "write `- PATH` lines below it, without a slash in front",
            Self::Pairs => "write `NAME: TEXT` lines below it",
            Self::Variables => "write `- NAME: TEXT` lines below it",
            Self::Mappings | Self::MappingsOrNull => "write `- KEY: VALUE` lines below it",
            Self::MappingOrNull => "write `name: …` lines below it",
        }
    }
}

pub(super) fn is_word(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

fn is_number(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Number(number) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        Value::String(text) => text.trim().parse::<i64>().is_ok(),
        _ => false,
    }
}

fn is_flag(value: &Value) -> bool {
    match value {
        Value::Bool(_) => true,
        Value::Number(number) => matches!(number.as_f64(), Some(0.0 | 1.0)),
        Value::String(text) => FLAGS.contains(&text.to_lowercase().as_str()),
        _ => false,
    }
}

fn is_path(value: &Value) -> bool {
    value.as_str().is_some_and(|path| !path.is_empty() && !path.starts_with('/'))
}

fn is_pairs(mapping: &Mapping) -> bool {
    mapping.iter().all(|(key, value)| is_word(key) && is_word(value))
}

fn is_list(value: &Value, is_item: impl Fn(&Value) -> bool) -> bool {
    value.as_sequence().is_some_and(|items| items.iter().all(is_item))
}

/// True if no text is in the list twice.
pub(super) fn is_unique(value: &Value) -> bool {
    let texts: Vec<&str> = value.as_sequence().into_iter().flatten().filter_map(Value::as_str).collect();
    texts.iter().collect::<BTreeSet<_>>().len() == texts.len()
}

/// Parses one of this folder's tables.
pub(super) fn table(text: &str) -> Kinds {
    serde_yaml::from_str(text).expect("the tables are read by the tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_values_that_fit_and_others() {
        for (kind, good, bad) in [
            (Kind::Null, "null", "x"),
            (Kind::Text, "x", "1"),
            (Kind::TextOrNull, "null", "[x]"),
            (Kind::Word, "1.5", "true"),
            (Kind::WordOrNull, "null", "{}"),
            (Kind::Number, "\"12\"", "1.5"),
            (Kind::Flag, "\"Yes\"", "2"),
            (Kind::FlagOrNull, "null", "maybe"),
            (Kind::Texts, "[x]", "[1]"),
            (Kind::WordsOrNull, "[x, 1]", "x"),
            (Kind::Set, "[x, y]", "[x, x]"),
            (Kind::Paths, "[a/b, -c]", "[/a]"),
            (Kind::Pairs, "{a: b, c: 1}", "{a: [b]}"),
            (Kind::Variables, "[{a: b}]", "[{a: b, c: d}]"),
            (Kind::Mappings, "[{a: b}]", "[a]"),
            (Kind::MappingsOrNull, "null", "{a: b}"),
            (Kind::MappingOrNull, "{a: b}", "[a]"),
        ] {
            let fits = |text: &str| kind.fits(&serde_yaml::from_str(text).unwrap());
            assert!(fits(good) && !fits(bad), "{kind:?}");
            assert!(!kind.needed().is_empty() && !kind.remedy().is_empty(), "{kind:?}");
        }
        assert!(Kind::Any.fits(&Value::Null));
    }
}
