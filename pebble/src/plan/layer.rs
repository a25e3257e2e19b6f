//! Layers, and the plan they combine into.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Check, Error, LogTarget, Pairing, Service, Workload, decode, emit, order};

/// One layer: what a file in the layers directory or a client's request says.
///
/// As JSON (which Pebble takes where it asks for YAML) only set fields are written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Layer {
    /// Its place among the layers: thousands from the file's number, the rest from a sub-directory's. Not in the text.
    #[serde(skip)]
    pub order: u32,
    /// The name it is found again by. Not in the text.
    #[serde(skip)]
    pub label: String,
    /// A short title.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// A longer text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Services by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Service>,
    /// Checks by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, Check>,
    /// Log targets by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub log_targets: BTreeMap<String, LogTarget>,
    /// Workloads by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub workloads: BTreeMap<String, Workload>,
    /// Pairing.
    #[serde(skip_serializing_if = "Pairing::is_unset")]
    pub pairing: Pairing,
}

impl Layer {
    /// Reads a layer from YAML or JSON text of any origin, and validates what can be known of it alone.
    ///
    /// # Errors
    /// Text that isn't YAML, unknown fields, values of a wrong kind, broken rules; and texts beyond the limits (size,
    /// depth, nodes once aliases are expanded), found before anything is expanded.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::parse_labelled("", text)
    }

    /// The layer as JSON text that YAML readers, Pebble's included, understand the same way.
    ///
    /// Bare serde won't do: JSON may hold characters raw that YAML refuses (delete and the controls beyond ASCII) or
    /// takes for line breaks. They are escaped here.
    ///
    /// ```
    /// let layer = pebble::plan::Layer { summary: "a\u{7f}b".to_owned(), ..Default::default() };
    /// assert_eq!(layer.to_json(), r#"{"summary":"a\u007fb"}"#);
    /// ```
    pub fn to_json(&self) -> String {
        // Texts, numbers and maps with text keys only: nothing in it can fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
            match c {
                '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                    out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                _ => out.push(c),
            }
            out
        })
    }

    /// The same under a label, which messages name.
    ///
    /// # Errors
    /// As [`Layer::parse`]; and labels that Pebble keeps to itself.
    pub fn parse_labelled(label: &str, text: &[u8]) -> Result<Self, Error> {
        let mut layer = decode::layer(label, text)?;
        label.clone_into(&mut layer.label);
        layer.validate()?;
        Ok(layer)
    }
}

/// What all layers together say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Plan {
    /// Services by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Service>,
    /// Checks by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, Check>,
    /// Log targets by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub log_targets: BTreeMap<String, LogTarget>,
    /// Workloads by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub workloads: BTreeMap<String, Workload>,
    /// Pairing.
    #[serde(skip_serializing_if = "Pairing::is_unset")]
    pub pairing: Pairing,
}

impl Plan {
    /// Reads the YAML that `GET /v1/plan` answers. Unknown fields are passed over: a newer Pebble may print more.
    ///
    /// # Errors
    /// Text that isn't YAML, values of a wrong kind, and texts beyond the limits of [`Layer::parse`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        decode::plan(text)
    }

    /// The plan as `GET /v1/plan?format=yaml` prints it, byte for byte.
    pub fn to_yaml(&self) -> String {
        emit::plan(self)
    }

    /// The named services and all they require, in lanes: one lane's services start one after the other, lanes side by side.
    ///
    /// # Errors
    /// A name that isn't in the plan, or services that wait for each other in a circle.
    pub fn start_order(&self, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
        order::start(self, names)
    }

    /// The named services and all that require them, in lanes, in the order in which they stop.
    ///
    /// # Errors
    /// As [`Plan::start_order`].
    pub fn stop_order(&self, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
        order::stop(self, names)
    }

    /// The services that autostart starts, those they require included, in order.
    ///
    /// # Errors
    /// As [`Plan::start_order`].
    pub fn autostart(&self) -> Result<Vec<String>, Error> {
        let enabled = self.services.iter().filter(|(_, service)| service.startup == super::Startup::Enabled);
        let names: Vec<String> = enabled.map(|(name, _)| name.clone()).collect();
        Ok(order::start(self, &names)?.concat())
    }
}
