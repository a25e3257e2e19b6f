//! The provider's half of [`loki_push_api`](super): Loki's.

use std::collections::BTreeMap;

use juju::{Changes, Databag, Draft, Needs, View};
use serde_json::Value;

use super::{ADDRESS, ENDPOINT, METADATA, RULES};
pub use crate::address::BadUrl;
use crate::address::check;
use crate::json;
use crate::needs::APPS;
use crate::notice::{EVENT, Notice};
use crate::read::{Read, Stop};
use crate::topology::Topology;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// What an application has published.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// Its place in Juju.
    pub topology: Topology,
    /// Its alert rules: `{"groups": […]}`, or an empty object.
    pub alert_rules: Value,
}

/// Reads what an application has published. Its logs may be pushed before that.
#[must_use]
pub fn read(view: &View) -> Read<Requested> {
    Read::of(view, || {
        let app = &view.remote_app;
        let topology = json::value(app, METADATA, "an object of texts")?.ok_or_else(|| Stop::waiting(METADATA))?;
        let rules: Option<Value> = json::large(app, RULES, "an object")?;
        Ok(Requested { topology, alert_rules: rules.unwrap_or_default() })
    })
}

/// Changes of **every** unit: the address of its push API and its host's name; if it leads, also the verdict about the
/// rules, `errors` if they have faults.
///
/// # Errors
/// [`BadUrl`] for an address that [`endpoints`](super::endpoints) would refuse.
pub fn answer(view: &View, url: &str, host: &str, errors: &str) -> Result<Changes, BadUrl> {
    check(url).map_err(|why| BadUrl { why })?;
    let endpoint = json::text(&BTreeMap::from([("url", url)]));
    let unit = Databag::from_iter([(ENDPOINT, endpoint), (ADDRESS, host.to_owned())]);
    let notice = Notice { valid: errors.is_empty(), errors: errors.into(), scrape_job_errors: String::new() };
    let app = Databag::from_iter([(EVENT, json::text(&notice))]);
    Ok(Changes { unit: Draft::differing(&view.local_unit, &unit), ..Changes::of_leader(view, &app) })
}
