//! The mapping of an integration: variables from the relation's data, and values that the charm publishes in it.

use std::collections::BTreeMap;

use crate::{Node, Template, Wrong, variable};

/// Mapping of an integration, whatever its interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Variables of the workload by name.
    pub variables: BTreeMap<String, Source>,
    /// Values in our application's databag by key.
    pub publish: BTreeMap<String, Template>,
    /// True if the workload runs without the integration, whatever `charmcraft.yaml` says.
    pub optional: bool,
}

/// Source of a variable in a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Place of the value.
    pub place: Place,
    /// True if the workload must not run with the integration but without this value.
    pub required: bool,
    /// Value if the relation has none, or while there is no relation.
    pub default: Option<String>,
    /// Pointer into the value, a JSON document (RFC 6901).
    pub pointer: Option<String>,
}

/// Place of a value in a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Key in the remote application's databag.
    App(String),
    /// Key in the databag of a remote unit: the first unit, by number, that has it.
    Unit(String),
    /// Field of a secret that the remote application's databag refers to.
    Secret {
        /// Key with the secret's address. `None`: any key whose secret has the field.
        key: Option<String>,
        /// Field of the secret.
        field: String,
    },
}

impl Mapping {
    pub(crate) fn of(node: &Node<'_>) -> Result<Self, Wrong> {
        let keys = node.mapping(&["variables", "publish", "optional"])?;
        let variables = keys.get("variables").map(|node| variable::named(&node, Source::of)).transpose()?;
        let publish = keys.get("publish").map(|node| node.entries("must be a mapping of texts", Template::published));
        let mapping = Self {
            variables: variables.unwrap_or_default(),
            publish: publish.transpose()?.unwrap_or_default(),
            optional: keys.get("optional").map(|node| node.boolean()).transpose()?.unwrap_or_default(),
        };
        if mapping.variables.is_empty() && mapping.publish.is_empty() {
            return Err(node.wrong("is empty: write `variables: {NAME: {app: KEY}}` or `publish: {KEY: VALUE}`"));
        }
        Ok(mapping)
    }
}

impl Source {
    fn of(node: &Node<'_>) -> Result<Self, Wrong> {
        let keys = node.mapping(&["app", "unit", "secret", "key", "required", "default", "json-pointer"])?;
        let key = |name: &str| keys.get(name).map(|node| Ok(node.text()?.to_owned())).transpose();
        let place = match (key("app")?, key("unit")?, key("secret")?, key("key")?) {
            (Some(app), None, None, None) => Place::App(app),
            (None, Some(unit), None, None) => Place::Unit(unit),
            (None, None, Some(field), key) => Place::Secret { key, field },
            _ => {
                let one = "must have one of: app: KEY, unit: KEY, secret: FIELD, and key: KEY only beside secret";
                return Err(node.wrong(one));
            }
        };
        Ok(Self {
            place,
            required: keys.get("required").map(|node| node.boolean()).transpose()?.unwrap_or_default(),
            default: keys.get("default").map(|node| node.scalar()).transpose()?,
            pointer: keys.get("json-pointer").map(|node| variable::pointer(&node)).transpose()?,
        })
    }
}
