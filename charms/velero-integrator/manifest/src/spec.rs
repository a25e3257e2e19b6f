//! Filters and settings of a backup, under Velero's names.

use interfaces::k8s_backup_target::{Spec, Ttl};
use interfaces::velero_backup_config;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Serialize;

/// Settings of the operator's, which no request has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// Velero's namespace, in which its objects are.
    pub namespace: String,
    /// Storage of the backups; `None` for Velero's default.
    pub storage_location: Option<String>,
    /// Storages of volume snapshots; empty for Velero's defaults.
    pub volume_snapshot_locations: Vec<String>,
    /// True to copy the files of volumes; `None` for Velero's default.
    pub default_volumes_to_fs_backup: Option<bool>,
}

/// `spec` of a `Backup`, and `spec.template` of a `Schedule`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "Velero's own names")]
pub struct BackupSpec {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub included_namespaces: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded_namespaces: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub included_resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded_resources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_cluster_resources: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// Duration as Go writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_location: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_snapshot_locations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_volumes_to_fs_backup: Option<bool>,
}

impl BackupSpec {
    /// The filters of a request with the settings of the operator. Velero takes an empty list for an unset one.
    #[must_use]
    pub fn new(spec: &Spec, operator: &Operator) -> Self {
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        let labels = spec.label_selector.clone().filter(|labels| !labels.is_empty());
        Self {
            included_namespaces: list(&spec.include_namespaces),
            excluded_namespaces: list(&spec.exclude_namespaces),
            included_resources: list(&spec.include_resources),
            excluded_resources: list(&spec.exclude_resources),
            include_cluster_resources: spec.include_cluster_resources,
            label_selector: labels
                .map(|labels| LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }),
            ttl: spec.ttl.as_ref().map(Ttl::without_days),
            storage_location: operator.storage_location.clone(),
            volume_snapshot_locations: operator.volume_snapshot_locations.clone(),
            default_volumes_to_fs_backup: operator.default_volumes_to_fs_backup,
        }
    }
}

/// `spec` of a `Schedule`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "Velero's own names")]
pub struct ScheduleSpec {
    pub template: BackupSpec,
    /// Times in cron's notation.
    pub schedule: String,
    pub paused: bool,
    pub skip_immediately: bool,
    pub use_owner_references_in_backup: bool,
}

impl ScheduleSpec {
    /// A template by a schedule; `None` if the schedule has no times.
    pub(crate) fn new(template: BackupSpec, schedule: &velero_backup_config::Schedule) -> Option<Self> {
        Some(Self {
            template,
            schedule: schedule.cron.as_ref()?.to_string(),
            paused: schedule.paused,
            skip_immediately: schedule.skip_immediately,
            use_owner_references_in_backup: schedule.use_owner_references_in_backup,
        })
    }
}
