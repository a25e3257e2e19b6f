//! Requests that add layers, `/v1/layers`. The layers themselves are in `crate::plan`.

use serde::{Deserialize, Serialize};

/// Body of `POST /v1/layers`.
///
/// No `Debug`: the environments in a layer may hold secrets.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayersAction {
    /// `add`, the only action.
    pub action: String,
    /// True to merge with an existing layer of this label.
    #[serde(skip_serializing_if = "super::is_false")]
    pub combine: bool,
    /// True to allow a place in a sub-folder below other layers.
    #[serde(skip_serializing_if = "super::is_false")]
    pub inner: bool,
    /// Label of the layer.
    pub label: String,
    /// `yaml`, the only format; JSON is YAML too.
    pub format: String,
    /// Text of the layer.
    pub layer: String,
}
