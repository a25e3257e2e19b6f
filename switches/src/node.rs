//! Nodes of a parsed file, each with its path for error messages.

use std::collections::BTreeMap;
use std::fmt;

use serde_yaml::{Mapping, Value};

/// Fault of a file: a sentence that names the node, and the node's path, to find its line by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Path of the node, empty for the whole file.
    pub path: String,
    text: String,
}

impl Wrong {
    /// Fault of the node at `path`. `text` is the whole sentence.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Node with its path, such as `prometheus.scrape_configs[0].job_name`.
pub struct Node<'a> {
    /// Path, empty for the root.
    pub path: String,
    value: &'a Value,
}

/// Mapping whose keys were checked.
pub struct Keys<'a> {
    path: String,
    mapping: Option<&'a Mapping>,
}

impl<'a> Node<'a> {
    /// Root of the file.
    #[must_use]
    pub fn root(value: &'a Value) -> Self {
        Self { path: String::new(), value }
    }

    /// Error about this node. `what` is the predicate, such as "must be a list".
    #[must_use]
    pub fn wrong(&self, what: &str) -> Wrong {
        let name = if self.path.is_empty() { "the file" } else { &self.path };
        Wrong::new(&self.path, format!("{name} {what}"))
    }

    /// Reads a mapping. `null` counts as an empty mapping.
    ///
    /// # Errors
    ///
    /// No mapping, or a key that is not in `known`: names the known key that is most like it.
    pub fn mapping(&self, known: &[&str]) -> Result<Keys<'a>, Wrong> {
        let keys = known.join(", ");
        let mapping = match self.value {
            Value::Null => None,
            Value::Mapping(mapping) => Some(mapping),
            _ => return Err(self.wrong(&format!("must be a mapping with keys of: {keys}"))),
        };
        for (key, _) in mapping.into_iter().flatten() {
            if !key.as_str().is_some_and(|key| known.contains(&key)) {
                let key = shown(key);
                let meant = juju::nearest(&key, known.iter().copied());
                let meant = meant.map(|name| format!(": write {name}")).unwrap_or_default();
                let wrong = self.wrong(&format!("has the unknown key {key}{meant}; known are: {keys}"));
                return Err(Wrong { path: path_of(&self.path, &key), ..wrong });
            }
        }
        Ok(Keys { path: self.path.clone(), mapping })
    }

    /// Reads a list.
    ///
    /// # Errors
    ///
    /// No list.
    pub fn list(&self) -> Result<Vec<Self>, Wrong> {
        let Value::Sequence(values) = self.value else { return Err(self.wrong("must be a list")) };
        let node = |(at, value)| Self { path: format!("{}[{at}]", self.path), value };
        Ok(values.iter().enumerate().map(node).collect())
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// No text.
    pub fn text(&self) -> Result<&'a str, Wrong> {
        match self.value {
            Value::String(text) => Ok(text),
            Value::Bool(_) | Value::Number(_) => Err(self.wrong("must be text: put it into quotes")),
            _ => Err(self.wrong("must be text")),
        }
    }

    /// Reads a text, or a number or boolean as text.
    ///
    /// # Errors
    ///
    /// A list or a mapping.
    pub fn scalar(&self) -> Result<String, Wrong> {
        match self.value {
            Value::Bool(yes) => Ok(yes.to_string()),
            Value::Number(number) => Ok(number.to_string()),
            _ => self.text().map(str::to_owned),
        }
    }

    /// Reads a boolean.
    ///
    /// # Errors
    ///
    /// No boolean.
    pub fn boolean(&self) -> Result<bool, Wrong> {
        self.value.as_bool().ok_or_else(|| self.wrong("must be true or false"))
    }

    /// True for a list or a mapping.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        matches!(self.value, Value::Sequence(_) | Value::Mapping(_))
    }

    /// Integer, if the node is one.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.value.as_u64()
    }

    /// Reads a mapping of texts to texts.
    ///
    /// # Errors
    ///
    /// Another key or value than text.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, Wrong> {
        self.entries("must be a mapping of texts", |node| Ok(node.text()?.to_owned()))
    }

    /// Reads a mapping with keys of any name, each value with `read`. `expected` is the predicate of another value.
    ///
    /// # Errors
    ///
    /// No mapping, a key that is no text, or the first fault of `read`.
    pub fn entries<T>(
        &self,
        expected: &str,
        read: impl Fn(&Self) -> Result<T, Wrong>,
    ) -> Result<BTreeMap<String, T>, Wrong> {
        let Value::Mapping(mapping) = self.value else { return Err(self.wrong(expected)) };
        let entry = |(key, value): (&'a Value, &'a Value)| {
            let name = key.as_str().ok_or_else(|| self.wrong(&format!("has the key {}, not text", shown(key))))?;
            let node = Self { path: path_of(&self.path, name), value };
            Ok((name.to_owned(), read(&node)?))
        };
        mapping.iter().map(entry).collect()
    }
}

impl<'a> Keys<'a> {
    /// Value of a key. `null` counts as missing.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.mapping?.get(key).filter(|value| !value.is_null())?;
        Some(Node { path: path_of(&self.path, key), value })
    }

    /// Value of a required key. `advice` says what to write.
    ///
    /// # Errors
    ///
    /// A missing key.
    pub fn required(&self, key: &str, advice: &str) -> Result<Node<'a>, Wrong> {
        let missing = || Wrong::new(&self.path, format!("{} is missing: {advice}", path_of(&self.path, key)));
        self.get(key).ok_or_else(missing)
    }
}

fn path_of(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
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
