//! Interface `prometheus_scrape`, version 0: what a Prometheus scrapes of an application, and the rules it evaluates.
//!
//! The application is the provider of metrics: its leader publishes jobs, alert rules and its place in Juju, and every
//! unit its address: [`provider`]. The requirer, Prometheus, expands the jobs over the units and may complain about them
//! in `event`. Lists and objects are JSON, other values plain text.
//!
//! What the Python framework does otherwise, and what becomes of it here:
//!
//! - it publishes at `relation-joined`, `config-changed` and pebble-ready, so a new leader or a new revision leaves old
//!   data; here the caller may publish at any event, and only a difference is written;
//! - a complaint that is not JSON fails its hook; here that complaint is ignored.

pub mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use juju::{Changes, Databag, Needs, UnitName, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::field::few;
use crate::json;
use crate::needs::OTHER_SIDE;
use crate::notice::{EVENT, Notice};
use crate::read::{Read, Stop};
use crate::topology::Topology;

/// The name of the interface.
pub const INTERFACE: &str = "prometheus_scrape";

/// Parts of the relation that the requirer reads.
pub const NEEDS: Needs = Needs { local_app: true, ..OTHER_SIDE };

const METADATA: &str = "scrape_metadata";
const JOBS: &str = "scrape_jobs";
const RULES: &str = "alert_rules";
const ADDRESS: &str = "prometheus_scrape_unit_address";
const NAME: &str = "prometheus_scrape_unit_name";
const FQDN: &str = "prometheus_scrape_unit_fqdn";
const PATH: &str = "prometheus_scrape_unit_path";

/// Beginning of a target that stands for every unit; its port follows.
const EVERY_UNIT: &str = "*";

/// Port and path of a job that names none.
const DEFAULT_TARGET: &str = "*:80";
const DEFAULT_PATH: &str = "/metrics";

/// Targets that are scraped alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Path of the metrics.
    #[serde(default = "default_path")]
    pub metrics_path: String,
    /// The targets.
    #[serde(default)]
    pub static_configs: Vec<StaticConfig>,
    /// Name; without one, Prometheus makes one of the application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<String>,
}

/// Targets with labels of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticConfig {
    /// Addresses, `host:port`; `*:port` stands for every unit.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Labels of their series.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

fn default_path() -> String {
    DEFAULT_PATH.to_owned()
}

/// What an application has published, as Prometheus reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scraped {
    /// The application's place in Juju.
    pub topology: Topology,
    /// Its jobs.
    pub jobs: Vec<Job>,
    /// Its alert rules: `{"groups": […]}`, or an empty object.
    pub alert_rules: Value,
    /// Its units that have an address.
    pub units: BTreeMap<UnitName, Unit>,
}

/// A unit to scrape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its address.
    pub address: String,
    /// Path before the job's; empty as a rule.
    pub path: String,
}

/// One target of Prometheus with all its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrapeTarget {
    /// Name of the job.
    pub job_name: String,
    /// Path of the metrics.
    pub metrics_path: String,
    /// Address, `host:port`.
    pub target: String,
    /// Labels of its series.
    pub labels: BTreeMap<String, String>,
}

/// Reads what an application has published.
#[must_use]
pub fn read(view: &View) -> Read<Scraped> {
    Read::of(view, || scraped(view))
}

fn scraped(view: &View) -> Result<Scraped, Stop> {
    let app = &view.remote_app;
    let topology = json::value(app, METADATA, "an object of texts")?.ok_or_else(|| Stop::waiting(METADATA))?;
    let jobs: Vec<Job> = json::value(app, JOBS, "a list of jobs")?.ok_or_else(|| Stop::waiting(JOBS))?;
    few(JOBS, &jobs)?;
    let rules: Option<Value> = json::large(app, RULES, "an object")?;
    let units = view.units.iter().filter_map(|(name, bag)| Some((name.clone(), unit(bag)?)));
    Ok(Scraped { topology, jobs, alert_rules: rules.unwrap_or_default(), units: units.collect() })
}

/// A unit with a usable address.
fn unit(bag: &Databag) -> Option<Unit> {
    let text = |key: &str| crate::field::text(bag, key).ok().flatten();
    let address = text(ADDRESS).or_else(|| text(FQDN))?;
    let is_host = !address.contains(|letter: char| letter.is_whitespace() || "/\"'\\".contains(letter));
    is_host.then(|| Unit { address, path: text(PATH).unwrap_or_default() })
}

impl Scraped {
    /// Every target with its labels, as Prometheus's charm expands the jobs: `*` becomes one target for each unit.
    #[must_use]
    pub fn targets(&self) -> Vec<ScrapeTarget> {
        self.jobs.iter().enumerate().flat_map(|(at, job)| self.targets_of(job, at)).collect()
    }

    fn targets_of(&self, job: &Job, at: usize) -> Vec<ScrapeTarget> {
        let prefix = format!("juju_{}_prometheus_scrape", self.topology.identifier());
        let job_name = format!("{prefix}-{}", job.job_name.clone().unwrap_or_else(|| at.to_string()));
        let every = [StaticConfig { targets: vec![DEFAULT_TARGET.to_owned()], labels: BTreeMap::new() }];
        let configs = if job.static_configs.is_empty() { every.as_slice() } else { &job.static_configs };
        let mut all = Vec::new();
        for config in configs {
            let target = |target: String, path: &str, unit: Option<&UnitName>| {
                let mut labels = config.labels.clone();
                let own = self.topology.labels().into_iter().map(|(label, value)| (label, value.to_owned()));
                let unit = unit.map(|unit| ("juju_unit", unit.to_string()));
                labels.extend(own.chain(unit).map(|(label, value)| (label.to_owned(), value)));
                let metrics_path = format!("{path}{}", job.metrics_path);
                ScrapeTarget { job_name: job_name.clone(), metrics_path, target, labels }
            };
            for text in &config.targets {
                match text.strip_prefix(EVERY_UNIT) {
                    None => all.push(target(text.clone(), "", None)),
                    Some(port) => all.extend(
                        self.units
                            .iter()
                            .map(|(name, unit)| target(host(&unit.address) + port, &unit.path, Some(name))),
                    ),
                }
            }
        }
        all
    }
}

/// Jobs of Prometheus's own configuration (`scrape_configs`): one for each name and path. A further path of a name gets a
/// number, since names are unique there.
#[must_use]
pub fn config(targets: Vec<ScrapeTarget>) -> Value {
    let mut jobs: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    for ScrapeTarget { job_name, metrics_path, target, labels } in targets {
        let statics = jobs.entry(job_name).or_default().entry(metrics_path).or_default();
        statics.push(serde_json::json!({"targets": [target], "labels": labels}));
    }
    let all = jobs.into_iter().flat_map(|(name, paths)| {
        paths.into_iter().enumerate().map(move |(at, (metrics_path, statics))| {
            let job_name = if at == 0 { name.clone() } else { format!("{name}-{at}") };
            serde_json::json!({"job_name": job_name, "metrics_path": metrics_path, "static_configs": statics})
        })
    });
    all.collect()
}

/// An address before a port: IPv6 in brackets.
fn host(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

/// Changes of the **leader** of Prometheus: its verdict, with the faults of rules and of jobs.
#[must_use]
pub fn answer(view: &View, errors: &str, scrape_job_errors: &str) -> Changes {
    let valid = errors.is_empty() && scrape_job_errors.is_empty();
    let notice = Notice { valid, errors: errors.into(), scrape_job_errors: scrape_job_errors.to_owned() };
    Changes::of_leader(view, &Databag::from_iter([(EVENT, json::text(&notice))]))
}
