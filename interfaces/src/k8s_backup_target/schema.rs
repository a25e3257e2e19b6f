//! Schema of a request in JSON: typed values, or the path of the first fault.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{APP, MODEL, RELATION_NAME, SPEC, Spec, Target, Ttl, TtlError};
use crate::field;
use crate::read::Stop;

/// Fault of a required field that is absent.
pub(super) const MISSING: &str = "it is missing";

/// A JSON value with its path from the databag's key, such as `backup_targets[0].spec.ttl`. Paths have known keys only,
/// never text of the remote application.
pub(crate) struct Node<'v> {
    path: String,
    value: &'v Value,
}

impl<'v> Node<'v> {
    pub(crate) fn new(path: String, value: &'v Value) -> Self {
        Self { path, value }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// An entry of the list form.
    pub(super) fn target(&self) -> Result<Target, Stop> {
        Ok(Target {
            app: self.required(APP)?.name()?,
            relation_name: self.required(RELATION_NAME)?.name()?,
            model: self.required(MODEL)?.name()?,
            spec: self.required(SPEC)?.spec()?,
        })
    }

    /// Filters of a request; unknown keys are ignored.
    pub(crate) fn spec(&self) -> Result<Spec, Stop> {
        let texts = |key| self.optional(key, Self::texts);
        Ok(Spec {
            include_namespaces: texts("include_namespaces")?,
            include_resources: texts("include_resources")?,
            exclude_namespaces: texts("exclude_namespaces")?,
            exclude_resources: texts("exclude_resources")?,
            include_cluster_resources: self.flag("include_cluster_resources")?,
            label_selector: self.optional("label_selector", Self::labels)?,
            ttl: self.optional("ttl", Self::ttl)?,
        })
    }

    /// The boolean under `key`, also as the texts `"true"` and `"false"`.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, Stop> {
        self.optional(key, |node| match node.value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            _ => node.fault("it is neither true nor false"),
        })
    }

    /// The value under `key`; `None` if it is absent or null.
    pub(crate) fn optional<T>(&self, key: &str, read: impl Fn(&Self) -> Result<T, Stop>) -> Result<Option<T>, Stop> {
        self.field(key)?.map(|node| read(&node)).transpose()
    }

    /// Text that is not empty and has no control characters.
    pub(super) fn name(&self) -> Result<String, Stop> {
        match field::checked(&self.path, Some(self.text()?))? {
            Some(name) => Ok(name),
            None => self.fault("it is empty"),
        }
    }

    pub(crate) fn text(&self) -> Result<&'v str, Stop> {
        self.value.as_str().map_or_else(|| self.fault("it is not a text"), Ok)
    }

    fn required(&self, key: &str) -> Result<Self, Stop> {
        self.field(key)?.ok_or_else(|| Stop::invalid(&self.below(key), MISSING))
    }

    fn field(&self, key: &str) -> Result<Option<Self>, Stop> {
        let object = self.value.as_object().map_or_else(|| self.fault("it is not an object"), Ok)?;
        let value = object.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| Self::new(self.below(key), value)))
    }

    fn texts(&self) -> Result<Vec<String>, Stop> {
        let items = self.value.as_array().map(|items| items.iter().map(text));
        let texts = items.and_then(Iterator::collect);
        texts.map_or_else(|| self.fault("it is not a list of texts"), Ok)
    }

    fn labels(&self) -> Result<BTreeMap<String, String>, Stop> {
        let labels = self.value.as_object().map(|labels| labels.iter());
        let texts = labels.and_then(|labels| labels.map(|(key, value)| Some((key.clone(), text(value)?))).collect());
        texts.map_or_else(|| self.fault("it is not an object of texts"), Ok)
    }

    fn ttl(&self) -> Result<Ttl, Stop> {
        let ttl: Result<Ttl, TtlError> = self.text()?.parse();
        ttl.or_else(|error| self.fault(&format!("it {error}")))
    }

    fn below(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    fn fault<T>(&self, why: &str) -> Result<T, Stop> {
        Err(Stop::invalid(&self.path, why))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
