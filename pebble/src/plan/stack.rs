//! Layers of a running daemon: order, labels, and insertion of clients' layers.

use std::collections::BTreeMap;

use super::combine::flatten;
use super::command::Command;
use super::quote::quote;
use super::{Error, Layer, Override, Plan, Service, combine};

/// Layers in order, with their plan. A layer that would make the plan invalid is refused without effect.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    layers: Vec<Layer>,
    plan: Plan,
}

impl Layers {
    /// Layers of a directory, in order.
    ///
    /// # Errors
    /// As [`combine`].
    pub fn try_new(layers: Vec<Layer>) -> Result<Self, Error> {
        let plan = combine(&layers)?;
        Ok(Self { layers, plan })
    }

    /// The combined plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The layers, in order.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Adds a layer at the top; or, if other layers share its label's part before the slash, at the end of that
    /// sub-directory, which requires `inner` unless it is at the top.
    ///
    /// # Errors
    /// [`Error::LabelExists`], [`Error::Inner`], or as [`combine`].
    pub fn append(&mut self, mut layer: Layer, inner: bool) -> Result<(), Error> {
        if self.layers.iter().any(|other| other.label == layer.label) {
            return Err(Error::LabelExists(layer.label));
        }
        let (index, order) = self.place(&layer.label);
        if index != self.layers.len() && !inner {
            return Err(Error::Inner);
        }
        layer.order = order;
        let mut layers = self.layers.clone();
        layers.insert(index, layer);
        self.replace(layers)
    }

    /// Merges a layer into the layer of the same label, or adds it.
    ///
    /// # Errors
    /// As [`Layers::append`].
    pub fn combine(&mut self, layer: Layer, inner: bool) -> Result<(), Error> {
        let Some(index) = self.layers.iter().position(|other| other.label == layer.label) else {
            return self.append(layer, inner);
        };
        let found = &self.layers[index];
        let merged = Layer { order: found.order, label: found.label.clone(), ..flatten([found, &layer])? };
        let mut layers = self.layers.clone();
        layers[index] = merged;
        self.replace(layers)
    }

    /// Replaces the default arguments of services' commands, as `pebble run --args` does.
    ///
    /// # Errors
    /// A service that is not in the plan.
    pub fn set_service_args(&mut self, args: &BTreeMap<String, Vec<String>>) -> Result<(), Error> {
        let mut services = BTreeMap::new();
        for (name, extra) in args {
            let service = self.plan.services.get(name);
            let service = service.ok_or_else(|| Error::Order(format!("service {} not found in plan", quote(name))))?;
            // The plan's commands are valid.
            let base = service.parse_command().unwrap_or_default().base;
            let command = Command { base, extra: extra.clone() }.to_string();
            services.insert(name.clone(), Service { override_: Override::Merge, command, ..Service::default() });
        }
        self.append(Layer { label: "pebble-service-args".to_owned(), services, ..Layer::default() }, false)
    }

    /// Position and order number of a layer with a new label.
    fn place(&self, label: &str) -> (usize, u32) {
        let folder = |label: &str| label.split('/').next().unwrap_or_default().to_owned();
        let sibling = self.layers.iter().rposition(|other| folder(&other.label) == folder(label));
        if let Some(index) = sibling {
            return (index + 1, self.layers[index].order + 1);
        }
        let top = self.layers.last().map_or(0, |layer| layer.order / 1000);
        let first_of_folder = u32::from(!self.layers.is_empty() && label.contains('/'));
        (self.layers.len(), (top + 1) * 1000 + first_of_folder)
    }

    fn replace(&mut self, layers: Vec<Layer>) -> Result<(), Error> {
        let plan = combine(&layers)?;
        if plan.workloads != self.plan.workloads {
            return Err(Error::Invalid(r#"cannot change immutable section "workloads""#.to_owned()));
        }
        *self = Self { layers, plan };
        Ok(())
    }
}

/// Name of an entry in a layers directory: `001-base.yaml`, `002-extra.d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFile {
    /// Number of the three digits.
    pub order: u32,
    /// Text between the digits and the ending.
    pub label: String,
}

impl LayerFile {
    /// Parses a name with the ending `.yaml` or `.d`; `None` for another form.
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".d"))?;
        let (digits, label) = stem.split_once('-')?;
        let order = digits.parse().ok().filter(|_| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))?;
        label_is_valid(label).then(|| Self { order, label: label.to_owned() })
    }
}

/// True for a lower-case letter followed by two or more letters or digits, each with at most one dash before it.
fn label_is_valid(label: &str) -> bool {
    let letters = label.bytes().filter(|b| *b != b'-').count();
    label.starts_with(|c: char| c.is_ascii_lowercase())
        && letters >= 3
        && !label.ends_with('-')
        && !label.contains("--")
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests;
