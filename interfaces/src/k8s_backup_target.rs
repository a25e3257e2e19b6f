//! Interface `k8s_backup_target`, version 0: the Kubernetes objects of an application that are to be backed up.
//!
//! Data flows one way. The **provider** is the application that wants backups; its leader writes. The **requirer** is a
//! backup charm, or an integrator that forwards to one; it only reads. The provider's half: [`provider`]. The requests
//! of all relations of an endpoint: [`Targets`].
//!
//! Two wire forms are in use, and a reader of one ignores the other:
//!
//! - *list*: the key `backup_targets`, a JSON list of objects. The published Python library (0.1.0) reads and writes it;
//! - *flat*: the keys `app`, `relation_name` and `model` as plain text, and `spec` as a JSON object. The interface's
//!   document shows it.
//!
//! The provider writes both. The requirer reads the list if its key is there, even a malformed one, else the flat keys.
//!
//! Differences from the published library:
//!
//! - it never checks `ttl`; here both sides do, and days are allowed (`30d`);
//! - it takes `"yes"` for true, and empty names; here these are errors;
//! - it treats a malformed request like a missing one; here [`Read::Invalid`] names the path and the reason.

pub mod provider;
mod schema;
mod targets;
#[cfg(test)]
mod tests;
mod ttl;

use std::collections::BTreeMap;

use juju::{Databag, Needs, View};
use serde::Serialize;
use serde_json::Value;

use crate::field;
use crate::json;
use crate::read::{Read, Stop};
pub(crate) use schema::Node;
pub use targets::{SchemaError, Targets};
pub use ttl::{Ttl, TtlError};

/// The name of the interface.
pub const INTERFACE: &str = "k8s_backup_target";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: true,
    remote_units: false,
    remote_unit_data: false,
    local_app: false,
    local_unit: false,
};

/// The key of the list form.
const LIST: &str = "backup_targets";

/// The keys of the flat form.
const APP: &str = "app";
const RELATION_NAME: &str = "relation_name";
const MODEL: &str = "model";
const SPEC: &str = "spec";

/// Request for backups: the application that asks, and the objects it asks for. Application, endpoint and model together
/// identify the request.
///
/// It serialises as an entry of the list form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The application that wants backups. Not empty.
    pub app: String,
    /// Its endpoint. Not empty.
    pub relation_name: String,
    /// Its model. Not empty.
    pub model: String,
    /// The objects to back up.
    pub spec: Spec,
}

/// Objects to back up. On the wire `null` and a missing key mean the same: `None`.
///
/// An empty list is kept apart from `None`, for it is on the wire as well; backup tools take both as "no filter".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Namespaces to include; `None` for all.
    pub include_namespaces: Option<Vec<String>>,
    /// Kinds to include, as plural resource names; `None` for all.
    pub include_resources: Option<Vec<String>>,
    /// Namespaces to leave out.
    pub exclude_namespaces: Option<Vec<String>>,
    /// Kinds to leave out, as plural resource names.
    pub exclude_resources: Option<Vec<String>>,
    /// True to include objects without a namespace, false to leave them out; `None` leaves it to the backup tool.
    pub include_cluster_resources: Option<bool>,
    /// Labels that an object must have; `None` for any.
    pub label_selector: Option<BTreeMap<String, String>>,
    /// Life of a backup; `None` for the backup tool's default.
    pub ttl: Option<Ttl>,
}

/// The requests of one relation. One malformed entry makes the relation invalid as a whole. A relation without entries
/// is waited for.
///
/// ```
/// use interfaces::{Read, k8s_backup_target};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("k8s-backup-target", RelationId(19));
/// view.app = Some("my-app".into());
/// assert_eq!(k8s_backup_target::read(&view), Read::Waiting("backup_targets".into()));
/// let flat = [("app", "my-app"), ("relation_name", "backup"), ("model", "my-model"), ("spec", r#"{"ttl": "30d"}"#)];
/// view.remote_app = Databag::from_iter(flat);
/// let targets = k8s_backup_target::read(&view).ready().unwrap().clone();
/// assert_eq!(targets[0].spec.ttl, Some("30d".parse()?));
/// # Ok::<(), interfaces::k8s_backup_target::TtlError>(())
/// ```
#[must_use]
pub fn read(view: &View) -> Read<Vec<Target>> {
    Read::of(view, || if has(&view.remote_app, LIST) { list(&view.remote_app) } else { flat(&view.remote_app) })
}

fn has(bag: &Databag, key: &str) -> bool {
    bag.text(key).is_some_and(|text| !text.is_empty())
}

fn list(bag: &Databag) -> Result<Vec<Target>, Stop> {
    let value: Value = json::value(bag, LIST, "a list")?.unwrap_or_default();
    let entries = value.as_array().ok_or_else(|| Stop::invalid(LIST, "it is not a list"))?;
    field::few(LIST, entries)?;
    let targets = entries.iter().enumerate().map(|(at, entry)| Node::new(format!("{LIST}[{at}]"), entry).target());
    let targets = targets.collect::<Result<Vec<_>, _>>()?;
    if targets.is_empty() { Err(Stop::waiting(LIST)) } else { Ok(targets) }
}

fn flat(bag: &Databag) -> Result<Vec<Target>, Stop> {
    if ![APP, RELATION_NAME, MODEL, SPEC].iter().any(|key| has(bag, key)) {
        return Err(Stop::waiting(LIST));
    }
    let spec: Value = json::value(bag, SPEC, "an object")?.ok_or_else(|| Stop::invalid(SPEC, schema::MISSING))?;
    Ok(vec![Target {
        app: name(bag, APP)?,
        relation_name: name(bag, RELATION_NAME)?,
        model: name(bag, MODEL)?,
        spec: Node::new(SPEC.to_owned(), &spec).spec()?,
    }])
}

/// A name of the flat form: plain text, or a JSON string. No name begins with a quotation mark.
fn name(bag: &Databag, key: &str) -> Result<String, Stop> {
    let text = field::text(bag, key)?.ok_or_else(|| Stop::invalid(key, schema::MISSING))?;
    if !text.starts_with('"') {
        return Ok(text);
    }
    let value: Value = json::value(bag, key, "a text")?.unwrap_or_default();
    Node::new(key.to_owned(), &value).name()
}
