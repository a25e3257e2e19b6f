//! Decoding of layers from a YAML tree, with Pebble's messages.
//!
//! Pebble decodes section by section. It collects errors about kinds and fields, each with its line within the section;
//! an invalid duration or number ends the decoding at once.

mod objects;
mod reader;

use std::collections::BTreeMap;

use super::quote::quote;
use super::yaml::{self, Kind, Node};
use super::{Error, Layer, Plan};
use reader::{DecodeError, Reader, Unknown};

/// Decodes a layer; unknown fields are errors. The label is for messages only.
pub(super) fn layer(label: &str, text: &[u8]) -> Result<Layer, Error> {
    let prefix = format!("cannot parse layer {}", quote(label));
    read(text, Unknown::Refused, &prefix)
}

/// Decodes a printed plan; unknown fields and sections are ignored.
pub(super) fn plan(text: &[u8]) -> Result<Plan, Error> {
    let Layer { services, checks, log_targets, workloads, pairing, .. } =
        read(text, Unknown::Ignored, "cannot parse plan")?;
    Ok(Plan { services, checks, log_targets, workloads, pairing })
}

fn read(text: &[u8], unknown: Unknown, prefix: &str) -> Result<Layer, Error> {
    let wrong = |why: String| Error::Parse(format!("{prefix}: {why}"));
    let text = std::str::from_utf8(text).map_err(|_| wrong("yaml: invalid Unicode".to_owned()))?;
    let root = yaml::read(text).map_err(|error| match error {
        Error::Limit(why) => Error::Limit(format!("{prefix}: {why}")),
        other => wrong(other.to_string()),
    })?;
    let Some(root) = root.filter(|root| !root.is_null()) else { return Ok(Layer::default()) };
    let mut top = Reader::whole(text, unknown);
    let sections = top.entries(&root, "map[string]yaml.Node").and_then(|sections| top.finish(sections));
    let sections = sections.map_err(|error| wrong(error.to_string()))?;
    let mut layer = Layer::default();
    for (name, key, node) in sections {
        let mut reader = Reader::section(text, key, unknown);
        // Pebble prints the section anew, and in flow style a missing value becomes an empty text.
        let node = if reader.in_flow() && !matches!(node.kind, Kind::Scalar { .. }) {
            node.clone().with_blanks_as_text()
        } else {
            node.clone()
        };
        section(&mut layer, &name, &node, &mut reader, prefix)?;
    }
    Ok(layer)
}

/// Decodes one section into the layer.
fn section(layer: &mut Layer, name: &str, node: &Node, reader: &mut Reader<'_>, prefix: &str) -> Result<(), Error> {
    let in_section = |error: DecodeError| match error {
        DecodeError::Null(message) => Error::Invalid(message),
        error => Error::Parse(format!("{prefix} section {}: {error}", quote(name))),
    };
    match name {
        "summary" => layer.summary = reader.run(node, |r, n| Ok(r.text(n, "string"))).map_err(in_section)?,
        "description" => layer.description = reader.run(node, |r, n| Ok(r.text(n, "string"))).map_err(in_section)?,
        "services" => layer.services = reader.run(node, objects::services).map_err(in_section)?,
        "checks" => layer.checks = reader.run(node, objects::checks).map_err(in_section)?,
        "log-targets" => layer.log_targets = reader.run(node, objects::log_targets).map_err(in_section)?,
        "workloads" => {
            layer.workloads = reader.run(node, objects::workloads).map_err(|error| match error {
                DecodeError::Null(message) => Error::Invalid(message),
                error => Error::Parse(format!(r#"cannot parse the "workloads" section: {error}"#)),
            })?;
        }
        "pairing" if node.is_null() => {}
        "pairing" => {
            layer.pairing = reader
                .run(node, objects::pairing)
                .map_err(|error| Error::Parse(format!("cannot parse the pairing section: {error}")))?;
        }
        _ if reader.ignores_unknown() => {}
        _ => return Err(Error::Parse(format!("{prefix}: unknown section {}", quote(name)))),
    }
    Ok(())
}

/// Objects by name.
type Objects<T> = BTreeMap<String, T>;

#[cfg(test)]
mod tests;
