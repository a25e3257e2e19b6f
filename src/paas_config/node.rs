//! Nodes of the parsed file, each with its path for error messages.

use std::collections::BTreeMap;
use std::fmt;

use serde_yaml::{Mapping, Value};

/// Error message with the path of the node.
#[derive(Debug)]
pub(super) struct Wrong(String);

impl Wrong {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Node with its path, such as `prometheus.scrape_configs[0].job_name`.
pub(super) struct Node<'a> {
    pub(super) path: String,
    value: &'a Value,
}

/// Mapping whose keys were checked.
pub(super) struct Keys<'a> {
    path: String,
    mapping: Option<&'a Mapping>,
}

impl<'a> Node<'a> {
    /// Root of the file.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    /// Error about this node. `what` is the predicate, such as "must be a list".
    pub(super) fn wrong(&self, what: &str) -> Wrong {
        let name = if self.path.is_empty() { "the file" } else { &self.path };
        Wrong(format!("{name} {what}"))
    }

    /// Reads a mapping. Fails on a key that is not in `known`. `null` counts as an empty mapping.
    pub(super) fn mapping(&self, known: &[&str]) -> Result<Keys<'a>, Wrong> {
        let keys = known.join(", ");
        let mapping = match self.value {
            Value::Null => None,
            Value::Mapping(mapping) => Some(mapping),
            _ => return Err(self.wrong(&format!("must be a mapping with keys of: {keys}"))),
        };
        for (key, _) in mapping.into_iter().flatten() {
            if !key.as_str().is_some_and(|key| known.contains(&key)) {
                return Err(self.wrong(&format!("has the unknown key {}; known are: {keys}", shown(key))));
            }
        }
        Ok(Keys { path: self.path.clone(), mapping })
    }

    /// Reads a list.
    pub(super) fn list(&self) -> Result<Vec<Self>, Wrong> {
        let Value::Sequence(values) = self.value else { return Err(self.wrong("must be a list")) };
        let node = |(at, value)| Self { path: format!("{}[{at}]", self.path), value };
        Ok(values.iter().enumerate().map(node).collect())
    }

    /// Reads a text.
    pub(super) fn text(&self) -> Result<&'a str, Wrong> {
        match self.value {
            Value::String(text) => Ok(text),
            Value::Bool(_) | Value::Number(_) => Err(self.wrong("must be text: put it into quotes")),
            _ => Err(self.wrong("must be text")),
        }
    }

    /// Integer, if the node is one.
    pub(super) fn number(&self) -> Option<u64> {
        self.value.as_u64()
    }

    /// Reads a mapping of texts to texts.
    pub(super) fn texts(&self) -> Result<BTreeMap<String, String>, Wrong> {
        let Value::Mapping(mapping) = self.value else { return Err(self.wrong("must be a mapping of texts")) };
        let entry = |(key, value): (&'a Value, &'a Value)| {
            let name = key.as_str().ok_or_else(|| self.wrong(&format!("has the key {}, not text", shown(key))))?;
            let node = Self { path: format!("{}.{name}", self.path), value };
            Ok((name.to_owned(), node.text()?.to_owned()))
        };
        mapping.iter().map(entry).collect()
    }
}

impl<'a> Keys<'a> {
    /// Value of a key. `null` counts as missing.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.mapping?.get(key).filter(|value| !value.is_null())?;
        Some(Node { path: self.path_of(key), value })
    }

    /// Value of a required key. `advice` says what to write.
    pub(super) fn required(&self, key: &str, advice: &str) -> Result<Node<'a>, Wrong> {
        self.get(key).ok_or_else(|| Wrong(format!("{} is missing: {advice}", self.path_of(key))))
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Key for a status: scalars as text, cut to 60 characters.
fn shown(key: &Value) -> String {
    match key {
        Value::String(text) => format!("{text:.60}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null => "null".to_owned(),
        _ => "(a list or mapping)".to_owned(),
    }
}
