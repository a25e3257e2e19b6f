//! Layers on their way into the plan, `/v1/layers`. What a layer says is `crate::plan`'s.

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/layers`.
///
/// No `Debug`: the layer's text holds environments, and those may hold secrets.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayersAction {
    /// Only `add` is known.
    pub action: String,
    /// Whether a layer of that label may exist, and is then merged with.
    #[serde(skip_serializing_if = "super::is_false")]
    pub combine: bool,
    /// Whether the layer may go below the topmost ones of its sub-folder.
    #[serde(skip_serializing_if = "super::is_false")]
    pub inner: bool,
    /// The layer's name.
    pub label: String,
    /// Only `yaml` is known; JSON is YAML too.
    pub format: String,
    /// The layer's text.
    pub layer: String,
}
