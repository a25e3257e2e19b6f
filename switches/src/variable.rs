//! A variable of the workload: from an option, from the user's secret that an option names, or a text.

use std::collections::BTreeMap;

use crate::{Node, Template, Wrong};

/// Variable of the workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Origin of the value.
    pub origin: Origin,
    /// True if the workload must not run without the value.
    pub required: bool,
    /// Value if the origin has none.
    pub default: Option<String>,
    /// Pointer into the value, a JSON document (RFC 6901).
    pub pointer: Option<String>,
}

/// Origin of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Option of the charm.
    Option(String),
    /// Field of the user's secret that an option names.
    Secret {
        /// The option.
        option: String,
        /// Field of the secret.
        field: String,
    },
    /// Text with `${…}`.
    Text(Template),
}

impl Variable {
    pub(crate) fn of(node: &Node<'_>) -> Result<Self, Wrong> {
        if !node.is_nested() {
            let origin = Origin::Text(Template::variable(node)?);
            return Ok(Self { origin, required: false, default: None, pointer: None });
        }
        let keys = node.mapping(&["option", "secret", "value", "required", "default", "json-pointer"])?;
        let key = |name: &str| keys.get(name).map(|node| Ok(node.text()?.to_owned())).transpose();
        let value = keys.get("value").map(|node| Template::variable(&node)).transpose()?;
        let origin = match (key("option")?, key("secret")?, value) {
            (Some(option), None, None) => Origin::Option(option),
            (Some(option), Some(field), None) => Origin::Secret { option, field },
            (None, None, Some(value)) => Origin::Text(value),
            _ => {
                let one = "must have one of: option: NAME, option: NAME with secret: FIELD, value: TEXT";
                return Err(node.wrong(one));
            }
        };
        Ok(Self {
            origin,
            required: keys.get("required").map(|node| node.boolean()).transpose()?.unwrap_or_default(),
            default: keys.get("default").map(|node| node.scalar()).transpose()?,
            pointer: keys.get("json-pointer").map(|node| pointer(&node)).transpose()?,
        })
    }

    /// Options that the variable depends on.
    pub(crate) fn options(&self) -> impl Iterator<Item = &str> {
        let (own, text) = match &self.origin {
            Origin::Option(option) | Origin::Secret { option, .. } => (Some(option.as_str()), None),
            Origin::Text(text) => (None, Some(text)),
        };
        own.into_iter().chain(text.into_iter().flat_map(Template::options))
    }
}

/// Reads a mapping of variables, and checks their names.
pub(crate) fn named<T>(
    node: &Node<'_>,
    read: impl Fn(&Node<'_>) -> Result<T, Wrong>,
) -> Result<BTreeMap<String, T>, Wrong> {
    node.entries("must be a mapping of variables", |node| {
        let name = node.path.rsplit_once("variables.").map_or("", |(_, name)| name);
        let first = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
        // Spring reads its properties from variables with dots, dashes and brackets.
        let rest = |letter: char| letter.is_ascii_alphanumeric() || "_.-[]".contains(letter);
        if !first || !name.chars().all(rest) {
            return Err(node.wrong("is no name of a variable: take letters, digits and underscores"));
        }
        read(node)
    })
}

/// Reads a JSON pointer: empty, or each part behind a slash.
pub(crate) fn pointer(node: &Node<'_>) -> Result<String, Wrong> {
    let pointer = node.text()?;
    if pointer.is_empty() || pointer.starts_with('/') {
        return Ok(pointer.to_owned());
    }
    Err(node.wrong("must be a JSON pointer, which begins with /, such as /users/0/name"))
}
