//! Interface `loki_push_api`, version 1: the addresses to which an application's logs are pushed, and its alert rules.
//!
//! The application is the requirer. Its leader publishes its place in Juju and rules over its logs; each unit of the
//! provider, Loki, the address of its push API as JSON under `endpoint`. The way of the logs is the charm's business:
//! Pebble's log targets. Promtail, which Loki's charm offers to Juju before 3.4 under `promtail_binary_zip_url`, is not
//! supported.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - a unit without a usable `endpoint` hides its siblings; here it alone is passed over;
//! - rules are published only once an address is known, and only at the relation's own events; here at any event.

pub mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use juju::{Changes, Databag, Draft, Needs, UnitName, View};
use serde_json::{Map, Value};

use crate::address::check;
use crate::json;
use crate::needs::OTHER_SIDE;
use crate::notice;
use crate::read::{Read, Stop};
use crate::topology::Topology;
use crate::url::Url;

/// The name of the interface.
pub const INTERFACE: &str = "loki_push_api";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_app: true, ..OTHER_SIDE };

const METADATA: &str = "metadata";
const RULES: &str = "alert_rules";
const ENDPOINT: &str = "endpoint";
const ADDRESS: &str = "public_address";

/// Address of the push API of each of Loki's units.
///
/// ```
/// use interfaces::{Read, loki_push_api};
/// use juju::{Databag, RelationId, View};
///
/// let mut view = View::empty("logging", RelationId(5));
/// let endpoint = r#"{"url": "http://loki-0:3100/loki/api/v1/push"}"#;
/// view.units = [("loki/0".parse()?, Databag::from_iter([("endpoint", endpoint)]))].into();
/// let urls = loki_push_api::endpoints(&view);
/// assert_eq!(urls[&"loki/0".parse()?], Read::Ready("http://loki-0:3100/loki/api/v1/push".into()));
/// # Ok::<(), juju::NameError>(())
/// ```
#[must_use]
pub fn endpoints(view: &View) -> BTreeMap<UnitName, Read<Url>> {
    view.units.iter().map(|(unit, bag)| (unit.clone(), endpoint(bag).into())).collect()
}

fn endpoint(unit: &Databag) -> Result<Url, Stop> {
    let waiting = || Stop::waiting(ENDPOINT);
    let endpoint: Map<String, Value> = json::value(unit, ENDPOINT, "an object")?.ok_or_else(waiting)?;
    match endpoint.get("url").unwrap_or(&Value::Null) {
        Value::Null => Err(waiting()),
        Value::String(url) if url.is_empty() => Err(waiting()),
        Value::String(url) => match check(url) {
            Ok(()) => Ok(Url::from(url.as_str())),
            Err(why) => Err(Stop::invalid(ENDPOINT, &format!("its url {why}"))),
        },
        _ => Err(Stop::invalid(ENDPOINT, "its url is not a text")),
    }
}

/// Changes of the **leader**: its place in Juju and its alert rules, as
/// [`alert_rules::document`](crate::alert_rules::document) makes them. JSON that says the same in another spelling is
/// left as it is.
#[must_use]
pub fn request(view: &View, topology: &Topology, alert_rules: &Value) -> Changes {
    let Some(current) = &view.local_app else { return Changes::default() };
    let mut app = Databag::new();
    json::put(&mut app, current, METADATA, topology);
    json::put(&mut app, current, RULES, alert_rules);
    Changes { app: Draft::differing(current, &app), ..Changes::default() }
}

/// Complaint of Loki about the application's rules, in one line.
#[must_use]
pub fn complaint(view: &View) -> Option<String> {
    notice::complaint(view)
}
