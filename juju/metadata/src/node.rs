//! Values out of YAML, with errors that name the file and the key.

use std::collections::BTreeMap;

use serde_yaml::{Mapping, Value};

use super::MetadataError;

/// A value, and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    file: &'a str,
    path: String,
    pub(super) value: Value,
}

impl<'a> Node<'a> {
    /// A whole file. An empty one is an empty mapping.
    pub(super) fn parse(file: &'a str, text: &str) -> Result<Self, MetadataError> {
        let mut value: Value =
            yaml::from_str(text).map_err(|source| MetadataError::Syntax { file: file.to_owned(), source })?;
        let merged = value.apply_merge();
        merged.map_err(|error| MetadataError::Syntax { file: file.to_owned(), source: error.into() })?;
        let root = Self { file, path: String::new(), value };
        root.mapping()?;
        Ok(root)
    }

    /// The error that `key` in this mapping is not what it must be; with no key, this value itself.
    pub(super) fn wrong(&self, key: &str, why: &str) -> MetadataError {
        let key = self.path_of(key);
        MetadataError::Invalid { file: self.file.to_owned(), key, why: why.to_owned() }
    }

    fn path_of(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", "") => "the file".to_owned(),
            (path, "") => path.to_owned(),
            ("", key) => key.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }

    fn child(&self, key: &str, value: &Value) -> Self {
        Self { file: self.file, path: self.path_of(key), value: value.clone() }
    }

    /// This value as a mapping; null is an empty mapping.
    fn mapping(&self) -> Result<Option<&Mapping>, MetadataError> {
        match &self.value {
            Value::Mapping(mapping) => Ok(Some(mapping)),
            Value::Null => Ok(None),
            _ => Err(self.wrong("", "must be a mapping")),
        }
    }

    /// The value of `key`, if there is one and it isn't null.
    pub(super) fn get(&self, key: &str) -> Result<Option<Self>, MetadataError> {
        let value = self.mapping()?.and_then(|mapping| mapping.get(key));
        Ok(value.filter(|value| !value.is_null()).map(|value| self.child(key, value)))
    }

    /// The values of this mapping under their keys, in the order of the file.
    pub(super) fn children(&self) -> Result<Vec<(String, Self)>, MetadataError> {
        let name = |key: &Value| match key {
            Value::String(name) => Ok(name.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(value) => Ok(value.to_string()),
            _ => Err(self.wrong("", "has a key that is not text")),
        };
        let entries = self.mapping()?.into_iter().flatten();
        entries.map(|(key, value)| name(key).map(|name| (name.clone(), self.child(&name, value)))).collect()
    }

    /// Reads every value of this mapping.
    pub(super) fn entries<T>(
        &self,
        read: impl Fn(&Self) -> Result<T, MetadataError>,
    ) -> Result<BTreeMap<String, T>, MetadataError> {
        self.children()?.into_iter().map(|(name, node)| Ok((name, read(&node)?))).collect()
    }

    /// Reads every value of the mapping under `key`; a missing key is an empty mapping.
    pub(super) fn each<T>(
        &self,
        key: &str,
        read: impl Fn(&Self) -> Result<T, MetadataError>,
    ) -> Result<BTreeMap<String, T>, MetadataError> {
        self.get(key)?.map_or_else(|| Ok(BTreeMap::new()), |node| node.entries(read))
    }

    /// Reads every value of the list under `key`; a missing key is an empty list.
    pub(super) fn list<T>(
        &self,
        key: &str,
        read: impl Fn(&Self) -> Result<T, MetadataError>,
    ) -> Result<Vec<T>, MetadataError> {
        match self.get(key)? {
            None => Ok(Vec::new()),
            Some(Self { value: Value::Sequence(items), .. }) => {
                let item = |(n, item): (usize, &Value)| read(&self.child(&format!("{key}[{n}]"), item));
                items.iter().enumerate().map(item).collect()
            }
            Some(_) => Err(self.wrong(key, "must be a list")),
        }
    }

    /// The text under `key`.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, MetadataError> {
        self.get(key)?.map(|node| node.own_text()).transpose()
    }

    /// The text this value is.
    pub(super) fn own_text(&self) -> Result<String, MetadataError> {
        match &self.value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.wrong("", "must be text")),
        }
    }

    /// The text or number under `key`, as text.
    pub(super) fn word(&self, key: &str) -> Result<Option<String>, MetadataError> {
        self.get(key)?
            .map(|node| match &node.value {
                Value::String(text) => Ok(text.clone()),
                Value::Number(number) => Ok(number.to_string()),
                _ => Err(self.wrong(key, "must be text or a number")),
            })
            .transpose()
    }

    /// The boolean under `key`.
    pub(super) fn bool(&self, key: &str) -> Result<Option<bool>, MetadataError> {
        let read = |node: Self| boolean(&node.value).ok_or_else(|| self.wrong(key, "must be true or false"));
        self.get(key)?.map(read).transpose()
    }

    /// The whole number under `key`.
    pub(super) fn int(&self, key: &str) -> Result<Option<i64>, MetadataError> {
        let read = |node: Self| node.value.as_i64().ok_or_else(|| self.wrong(key, "must be a whole number"));
        self.get(key)?.map(read).transpose()
    }

    /// The value under `key` as JSON; null if the key is missing.
    pub(super) fn json(&self, key: &str) -> Result<serde_json::Value, MetadataError> {
        let read = |node: Self| serde_json::to_value(&node.value).map_err(|_| self.wrong(key, "has no JSON form"));
        self.get(key)?.map_or(Ok(serde_json::Value::Null), read)
    }
}

/// A boolean, also in the words that are one to Juju's YAML and text to ours.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" => Some(true),
            "no" | "off" | "n" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
