//! Options out of `config.yaml`.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::MetadataError;
use super::node::{Node, boolean};
use crate::config::{ConfigOption, ConfigValue, OptionKind};

/// The mapping under `options` of a `config.yaml` or of `config` in a `charmcraft.yaml`.
pub(super) fn options(root: &Node<'_>) -> Result<BTreeMap<String, ConfigOption>, MetadataError> {
    root.each("options", option)
}

fn option(node: &Node<'_>) -> Result<ConfigOption, MetadataError> {
    let kind = match node.text("type")? {
        None => OptionKind::String,
        Some(word) => OptionKind::parse(&word)
            .ok_or_else(|| node.wrong("type", "must be string, int, float, boolean or secret"))?,
    };
    let default = match node.get("default")? {
        None => None,
        Some(value) => default(kind, &value.value)
            .ok_or_else(|| node.wrong("default", &format!("must be a value of type {}", kind.as_str())))?,
    };
    Ok(ConfigOption {
        kind,
        default,
        description: node.text("description")?.unwrap_or_default(),
        optional: node.bool("optional")?,
    })
}

/// The value if it has that type. Juju reads an empty text as no default unless the type is text.
fn default(kind: OptionKind, value: &Value) -> Option<Option<ConfigValue>> {
    let value = match value {
        Value::String(text) if text.is_empty() && kind != OptionKind::String => return Some(None),
        value if kind == OptionKind::Boolean => ConfigValue::Bool(boolean(value)?),
        Value::String(text) => ConfigValue::String(text.clone()),
        Value::Bool(value) => ConfigValue::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => ConfigValue::Int(number),
            None => ConfigValue::Float(number.as_f64()?),
        },
        _ => return None,
    };
    let value = match (kind, value) {
        #[allow(clippy::cast_precision_loss, reason = "a default that large is no measure")]
        (OptionKind::Float, ConfigValue::Int(number)) => ConfigValue::Float(number as f64),
        (_, value) => value,
    };
    kind.accepts(&value).then_some(Some(value))
}
