//! Interface `grafana_dashboard`, version 0: the dashboards of an application.
//!
//! The application is the provider: its leader publishes all of its dashboards as one JSON document under `dashboards`,
//! each packed by xz: [`provider`]. The requirer, Grafana, may complain about them in `event`.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - the document's `uuid` is drawn anew for every write, so every `config-changed` wakes every unit of Grafana; here it
//!   is made of the dashboards, and differs if they do;
//! - a dashboard that is JSON but no object fails the hook; here that one is refused.

pub mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use juju::{Changes, Databag, Needs, View};
use serde_json::Value;

use crate::json;
use crate::needs::APPS;
use crate::notice::{EVENT, Notice};
use crate::read::{Read, Stop};
use crate::xz;

/// The name of the interface.
pub const INTERFACE: &str = "grafana_dashboard";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = APPS;

const DASHBOARDS: &str = "dashboards";

/// Longest dashboard that is unpacked.
const LONGEST: usize = 8 << 20;

/// Reads the dashboards of an application by their ids, unpacked.
#[must_use]
pub fn read(view: &View) -> Read<BTreeMap<String, Value>> {
    Read::of(view, || dashboards(&view.remote_app))
}

fn dashboards(app: &Databag) -> Result<BTreeMap<String, Value>, Stop> {
    let document: Option<Value> = json::large(app, DASHBOARDS, "an object")?;
    let document = document.ok_or_else(|| Stop::waiting(DASHBOARDS))?;
    let templates = document.get("templates").and_then(Value::as_object);
    let templates = templates.ok_or_else(|| Stop::invalid(DASHBOARDS, "its templates are not an object"))?;
    templates.iter().map(|(id, template)| Ok((id.clone(), unpacked(template)?))).collect()
}

fn unpacked(template: &Value) -> Result<Value, Stop> {
    let invalid = |why: &str| Stop::invalid(DASHBOARDS, &format!("a template's content {why}"));
    let content = template.get("content").and_then(Value::as_str).ok_or_else(|| invalid("is not a text"))?;
    let packed = BASE64_STANDARD.decode(content).map_err(|_| invalid("is not base64"))?;
    let text = xz::decompress(&packed, LONGEST).map_err(invalid)?;
    serde_json::from_slice(&text).map_err(|_| invalid("is not JSON"))
}

/// Changes of the **leader** of Grafana: its verdict, with the fault of each dashboard that has one.
#[must_use]
pub fn answer(view: &View, errors: &BTreeMap<String, String>) -> Changes {
    let error = |(id, error): (&String, &String)| serde_json::json!({"dashboard_id": id, "error": error});
    let faults = errors.iter().map(error).collect();
    let notice = Notice { valid: errors.is_empty(), errors: faults, scrape_job_errors: String::new() };
    Changes::of_leader(view, &Databag::from_iter([(EVENT, json::text(&notice))]))
}
