//! The provider's half of [`prometheus_scrape`](super): the application's.

use std::net::IpAddr;

use juju::{Changes, Databag, Draft, Needs, View};
use serde_json::Value;

use super::{ADDRESS, FQDN, JOBS, Job, METADATA, NAME, PATH, RULES};
use crate::json;
use crate::needs::APPS;
use crate::notice;
use crate::topology::Topology;

/// Parts of the relation that the provider reads.
pub const NEEDS: Needs = Needs { local_unit: true, ..APPS };

/// What an application publishes.
#[derive(Debug, Clone)]
pub struct Published<'a> {
    /// The unit's place in Juju.
    pub topology: &'a Topology,
    /// The jobs; `None` leaves those that stand there.
    pub jobs: Option<&'a [Job]>,
    /// The alert rules, as [`alert_rules::document`](crate::alert_rules::document) makes them.
    pub alert_rules: &'a Value,
    /// The unit's address, where Juju knows one.
    pub address: Option<IpAddr>,
    /// The unit's full name in the cluster.
    pub fqdn: &'a str,
}

/// Changes of **every** unit: its address, and if it leads, the application's jobs and rules. JSON that says the same in
/// another spelling is left as it is.
#[must_use]
pub fn publish(view: &View, published: &Published<'_>) -> Changes {
    let address = published.address.map_or_else(|| published.fqdn.to_owned(), |address| address.to_string());
    let unit = Databag::from_iter([
        (ADDRESS, address),
        (NAME, published.topology.unit.clone()),
        (FQDN, published.fqdn.to_owned()),
        // Of an earlier revision one may be left.
        (PATH, String::new()),
    ]);
    let Some(current) = &view.local_app else {
        return Changes { unit: Draft::differing(&view.local_unit, &unit), ..Changes::default() };
    };
    let mut app = Databag::new();
    json::put(&mut app, current, METADATA, published.topology);
    json::put(&mut app, current, RULES, published.alert_rules);
    if let Some(jobs) = published.jobs {
        json::put(&mut app, current, JOBS, jobs);
    }
    Changes { unit: Draft::differing(&view.local_unit, &unit), app: Draft::differing(current, &app) }
}

/// Complaint of Prometheus about the application's rules or jobs, in one line.
#[must_use]
pub fn complaint(view: &View) -> Option<String> {
    notice::complaint(view)
}
