//! Interface `velero_backup_config`, version 0: requests for backups, with a schedule, to the operator of Velero.
//!
//! Data flows one way, and the roles are the reverse of [`k8s_backup_target`](crate::k8s_backup_target): the
//! **requirer** asks for backups, and its leader writes; the **provider** is Velero's operator, which only reads. The
//! provider's half: [`provider`].
//!
//! A requirer writes `app`, `relation_name` and `model` as plain text and `spec` as a JSON object, so a databag holds
//! one request. An integrator with several writes the first there, and all of them, as a JSON list of objects with the same
//! four keys, under `backup_targets`. [`not_carried`] counts those that a provider without the list doesn't see.
//!
//! Unset fields of `spec` are left out: the first readers take no `null` for a boolean. `ttl` has no days, which Velero
//! doesn't know.

mod cron;
pub mod provider;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use juju::{Changes, Databag, Needs, View};
use serde::Serialize;

pub use cron::{Cron, CronError};

use crate::json;
use crate::k8s_backup_target::{Spec, Target, Ttl};

/// The name of the interface.
pub const INTERFACE: &str = "velero_backup_config";

/// Parts of the relation that the requirer reads: its own application's databag.
pub const NEEDS: Needs = Needs {
    peer: false,
    remote_app: false,
    remote_units: false,
    remote_unit_data: false,
    local_app: true,
    local_unit: false,
};

/// The key of the list form.
const LIST: &str = "backup_targets";

/// The keys of the flat form.
const KEYS: [&str; 4] = ["app", "relation_name", "model", "spec"];

/// Schedule of backups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Times of the backups; `None` for backups by hand.
    pub cron: Option<Cron>,
    /// True to keep the schedule without making backups.
    pub paused: bool,
    /// True to wait for the first time of the schedule, false to make a backup when the schedule is made.
    pub skip_immediately: bool,
    /// True to have backups deleted with their schedule.
    pub use_owner_references_in_backup: bool,
}

/// Request for backups of a target by a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The objects to back up, and the application that asks.
    pub target: Target,
    /// The times.
    pub schedule: Schedule,
}

/// Changes of the requirer, if this unit leads: all requests as a list, and the first of them in the flat keys. Without
/// requests all keys are deleted.
#[must_use]
pub fn request(view: &View, requests: &[Request]) -> Changes {
    let mut wanted: Databag = KEYS.into_iter().chain([LIST]).map(|key| (key, "")).collect();
    if let Some(first) = requests.first() {
        let Entry { app, relation_name, model, spec } = Entry::of(first);
        let texts = [app.to_owned(), relation_name.to_owned(), model.to_owned(), json::text(&spec)];
        wanted.extend(KEYS.map(str::to_owned).into_iter().zip(texts));
        wanted.insert(LIST.to_owned(), json::text(&requests.iter().map(Entry::of).collect::<Vec<_>>()));
    }
    Changes::of_leader(view, &wanted)
}

/// Number of requests that a provider without the list form doesn't see.
#[must_use]
pub fn not_carried(requests: &[Request]) -> usize {
    requests.len().saturating_sub(1)
}

/// An entry of the list form.
#[derive(Serialize)]
struct Entry<'r> {
    app: &'r str,
    relation_name: &'r str,
    model: &'r str,
    spec: SpecText<'r>,
}

impl<'r> Entry<'r> {
    fn of(Request { target, schedule }: &'r Request) -> Self {
        let Target { app, relation_name, model, spec } = target;
        Self { app, relation_name, model, spec: SpecText::of(spec, schedule) }
    }
}

/// Filters and schedule as they are written.
#[derive(Serialize)]
struct SpecText<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    include_namespaces: Option<&'r [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_resources: Option<&'r [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude_namespaces: Option<&'r [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude_resources: Option<&'r [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_cluster_resources: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_selector: Option<&'r BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'r str>,
    paused: bool,
    skip_immediately: bool,
    use_owner_references_in_backup: bool,
}

impl<'r> SpecText<'r> {
    fn of(spec: &'r Spec, schedule: &'r Schedule) -> Self {
        Self {
            include_namespaces: spec.include_namespaces.as_deref(),
            include_resources: spec.include_resources.as_deref(),
            exclude_namespaces: spec.exclude_namespaces.as_deref(),
            exclude_resources: spec.exclude_resources.as_deref(),
            include_cluster_resources: spec.include_cluster_resources,
            label_selector: spec.label_selector.as_ref(),
            ttl: spec.ttl.as_ref().map(Ttl::without_days),
            schedule: schedule.cron.as_ref().map(Cron::as_str),
            paused: schedule.paused,
            skip_immediately: schedule.skip_immediately,
            use_owner_references_in_backup: schedule.use_owner_references_in_backup,
        }
    }
}
