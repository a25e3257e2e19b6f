//! Layers, and the combined plan.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Check, Error, LogTarget, Pairing, Service, Workload, decode, emit, order};

/// A layer, from a file in the layers directory or a client's request.
///
/// Serialised as JSON, which Pebble accepts as YAML, with set fields only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Layer {
    /// Position among the layers: thousands from the file's number, the rest from a sub-directory's. Not in the text.
    #[serde(skip)]
    pub order: u32,
    /// Label, by which later layers are merged. Not in the text.
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

/// As [`Layer::parse`].
///
/// ```
/// let layer: webcharm_pebble::plan::Layer = "services: {web: {override: replace, command: sleep 1}}".parse()?;
/// assert_eq!(layer.services["web"].command, "sleep 1");
/// # Ok::<(), webcharm_pebble::plan::Error>(())
/// ```
impl FromStr for Layer {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text.as_bytes())
    }
}

impl Layer {
    /// Parses a layer from untrusted YAML or JSON, and validates it on its own.
    ///
    /// # Errors
    /// Invalid YAML, unknown fields, values of a wrong kind, broken rules; and texts beyond the limits on size, depth
    /// and nodes, which are checked before aliases are expanded.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        Self::parse_labelled("", text)
    }

    /// The layer as JSON that all YAML readers, Pebble's included, parse to the same values.
    ///
    /// Serde alone is not enough: JSON allows characters that YAML refuses (delete and the controls beyond ASCII) or
    /// treats as line breaks. They are escaped here.
    ///
    /// ```
    /// let layer = webcharm_pebble::plan::Layer { summary: "a\u{7f}b".to_owned(), ..Default::default() };
    /// assert_eq!(layer.to_json(), r#"{"summary":"a\u007fb"}"#);
    /// ```
    pub fn to_json(&self) -> String {
        // Texts, numbers and maps with text keys: serialising can't fail.
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

    /// [`Layer::parse`] with a label, which messages name.
    ///
    /// # Errors
    /// As [`Layer::parse`]; and reserved labels.
    pub fn parse_labelled(label: &str, text: &[u8]) -> Result<Self, Error> {
        let mut layer = decode::layer(label, text)?;
        label.clone_into(&mut layer.label);
        layer.validate()?;
        Ok(layer)
    }
}

/// Combination of all layers.
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
    /// Parses the YAML of `GET /v1/plan`. Unknown fields are ignored: a newer Pebble may print more.
    ///
    /// # Errors
    /// Invalid YAML, values of a wrong kind, and texts beyond the limits of [`Layer::parse`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        decode::plan(text)
    }

    /// The plan as `GET /v1/plan?format=yaml` prints it, byte for byte.
    pub fn to_yaml(&self) -> String {
        emit::plan(self)
    }

    /// Start order of the named services and all that they require, in lanes: services of a lane start one after the
    /// other, lanes in parallel.
    ///
    /// # Errors
    /// An unknown name, or services in a loop.
    pub fn start_order(&self, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
        order::start(self, names)
    }

    /// Stop order of the named services and all that require them, in lanes.
    ///
    /// # Errors
    /// As [`Plan::start_order`].
    pub fn stop_order(&self, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
        order::stop(self, names)
    }

    /// Start order of the enabled services and all that they require.
    ///
    /// # Errors
    /// As [`Plan::start_order`].
    pub fn autostart(&self) -> Result<Vec<String>, Error> {
        let enabled = self.services.iter().filter(|(_, service)| service.startup == super::Startup::Enabled);
        let names: Vec<String> = enabled.map(|(name, _)| name.clone()).collect();
        Ok(order::start(self, &names)?.concat())
    }
}
