//! Data for the applications that watch ours: Prometheus, Loki and Grafana.

use interfaces::grafana_dashboard::provider::Dashboard;
use interfaces::prometheus_scrape::Job;
use serde_json::Value;

/// Data of our application for those that watch it.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// Targets with metrics. `None` while a setting of them is invalid: the earlier ones stay published.
    pub jobs: Option<Vec<Job>>,
    /// Alert rules over metrics, as a document.
    pub metric_rules: Value,
    /// Alert rules over logs, as a document.
    pub log_rules: Value,
    /// Dashboards.
    pub dashboards: Vec<Dashboard>,
}

/// No data: nothing of ours is watched.
pub static UNWATCHED: Telemetry =
    Telemetry { jobs: None, metric_rules: Value::Null, log_rules: Value::Null, dashboards: Vec::new() };
