//! The provider's half of [`grafana_dashboard`](super): the application's.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use juju::{Changes, Databag, Draft, Needs, View};
use serde::Serialize;
use serde_json::{Value, json};

use super::DASHBOARDS;
use crate::json;
use crate::needs::APPS;
use crate::topology::Topology;
use crate::{notice, shake, xz};

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = APPS;

/// Suffixes of a dashboard's file, the longest first.
const SUFFIXES: [&str; 2] = [".json", ".tmpl"];

/// Digits of a uid.
const UID: usize = 40;

/// Beginning of the tag that names the charm.
const TAG: &str = "charm: ";

/// Dashboard ready for publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Its id among the application's: `file:` and the file's name.
    id: String,
    /// Its JSON text, packed by xz, as base64.
    content: String,
}

/// Fault of a dashboard: it is JSON, but no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is not an object")]
pub struct NoObject;

/// True if a file of this name in the dashboards' folder is one.
#[must_use]
pub fn is_dashboard(file: &str) -> bool {
    SUFFIXES.iter().any(|suffix| file.len() > suffix.len() && file.ends_with(suffix))
}

impl Dashboard {
    /// The dashboard of the charm `charm` in the file `folder/file`: with a uid that is its own and stays the same, and
    /// with the charm's tag.
    ///
    /// # Errors
    /// [`NoObject`] if the content is none.
    pub fn of(charm: &str, folder: &str, file: &str, content: &Value) -> Result<Self, NoObject> {
        let Value::Object(mut content) = content.clone() else { return Err(NoObject) };
        let is_uid = |uid: &str| uid.len() == UID && uid.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !content.get("uid").and_then(Value::as_str).is_some_and(is_uid) {
            content.insert("uid".to_owned(), shake::hex(&format!("{charm}-{folder}/{file}"), UID / 2).into());
        }
        let mut tags = content.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
        if !tags.iter().any(|tag| tag.as_str().is_some_and(|tag| tag.starts_with(TAG))) {
            tags.push(format!("{TAG}{charm}").into());
        }
        content.insert("tags".to_owned(), tags.into());
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let text = json::text(&content);
        Ok(Self { id: format!("file:{stem}"), content: BASE64_STANDARD.encode(xz::compress(text.as_bytes())) })
    }
}

/// Changes of the **leader**: all dashboards. If they are the same as those that stand there, nothing is written.
#[must_use]
pub fn publish(view: &View, topology: &Topology, dashboards: &[Dashboard]) -> Changes {
    let Some(current) = &view.local_app else { return Changes::default() };
    let charm = topology.charm_name.as_str();
    let Topology { model, model_uuid, application, unit, .. } = topology;
    let place = json!({"model": model, "model_uuid": model_uuid, "application": application, "unit": unit});
    let template = |dashboard: &Dashboard| {
        let template = json!({
            "charm": charm,
            "content": dashboard.content,
            "juju_topology": place,
            "inject_dropdowns": true,
            "dashboard_alt_uid": shake::hex(&format!("{charm}-{}", dashboard.id), 8),
        });
        (dashboard.id.clone(), template)
    };
    let templates: BTreeMap<_, _> = dashboards.iter().map(template).collect();
    let uuid = uuid(&json::text(&templates));
    let mut app = Databag::new();
    json::put(&mut app, current, DASHBOARDS, &Document { templates, uuid });
    Changes { app: Draft::differing(current, &app), ..Changes::default() }
}

/// The value of the key.
#[derive(Serialize)]
struct Document {
    templates: BTreeMap<String, Value>,
    uuid: String,
}

/// UUID of version 8 (RFC 9562), made of a text alone.
fn uuid(text: &str) -> String {
    let mut digits: Vec<_> = juju::fingerprint([text.as_bytes()]).into_bytes();
    digits.truncate(32);
    digits[12] = b'8';
    digits[16] = b'8';
    let digits = String::from_utf8_lossy(&digits);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// Complaint of Grafana about the application's dashboards, in one line.
#[must_use]
pub fn complaint(view: &View) -> Option<String> {
    notice::complaint(view)
}
