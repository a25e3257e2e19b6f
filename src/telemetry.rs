//! The data that Prometheus, Loki and Grafana get of the application: the framework's and the author's, merged. Pure.
//!
//! Only what a related application needs is made. The Python framework copies all files into a folder `cos_merged` once
//! in the life of the charm's folder; here the author's files count in every event as they are then.

mod dashboard;

use interfaces::alert_rules::{self, RuleFile};
use interfaces::grafana_dashboard::provider::Dashboard;
use interfaces::prometheus_scrape::{Job, StaticConfig};
use juju::{Config, UnitName};
use serde_json::{Value, json};

use crate::assets::DASHBOARDS;
use crate::charm_spec::CharmSpec;
use crate::facts::{Role, Telemetry, UNWATCHED, Unit};
use crate::framework::{Framework, WebServer};
use crate::options;
use crate::paas_config::{ScrapeConfig, Target};
use crate::seen::Seen;

/// Folder in which the Python framework merges all files. Grafana's uids depend on its name.
const MERGED: &str = "cos_merged";

/// Data for the applications that are related.
#[must_use]
pub fn of(seen: &Seen, spec: &CharmSpec) -> Telemetry {
    let is_related = |role| {
        let mut related = seen.integrations.iter().filter(|integration| !integration.relations.is_empty());
        related.any(|integration| integration.endpoint.interface.role == role)
    };
    let mut telemetry = UNWATCHED.clone();
    if is_related(Role::Metrics) {
        telemetry.jobs = jobs(&seen.unit, &seen.config, spec);
        telemetry.metric_rules = metric_rules(seen, spec.framework);
    }
    if is_related(Role::Logs) {
        telemetry.log_rules = alert_rules::document(groups(&seen.assets.log_rules, &seen.unit));
    }
    if is_related(Role::Dashboards) {
        telemetry.dashboards = dashboards(seen, spec.framework);
    }
    telemetry
}

/// Jobs of the framework's metrics and of `paas-config.yaml`. `None` if a setting of them is invalid.
fn jobs(unit: &Unit, config: &Config, spec: &CharmSpec) -> Option<Vec<Job>> {
    let paas_config = spec.paas_config.as_ref().ok()?;
    if options::has_invalid_metrics(spec.framework, config) {
        return None;
    }
    let own = spec.metrics(config).map(|(port, metrics_path)| Job {
        metrics_path,
        static_configs: vec![StaticConfig { targets: vec![format!("*:{port}")], labels: Default::default() }],
        job_name: None,
    });
    Some(own.into_iter().chain(paas_config.scrape_configs.iter().map(|config| authors(config, unit))).collect())
}

/// Job of `paas-config.yaml`.
fn authors(config: &ScrapeConfig, unit: &Unit) -> Job {
    let target = |target: &Target| match target {
        Target::Literal(text) => text.clone(),
        // Schedulers run on the first unit.
        Target::Scheduler(port) => {
            let first = UnitName::new(unit.name.app(), 0);
            format!("{}:{port}", interfaces::peer::fqdn(&first, &unit.model))
        }
    };
    let static_configs = config.static_configs.iter().map(|config| StaticConfig {
        targets: config.targets.iter().map(target).collect(),
        labels: config.labels.clone(),
    });
    Job {
        metrics_path: config.metrics_path.clone(),
        static_configs: static_configs.collect(),
        job_name: Some(config.job_name.clone()),
    }
}

fn metric_rules(seen: &Seen, framework: &Framework) -> Value {
    let own = exporter_rule(framework);
    let mut all = groups(own.iter().chain(&seen.assets.metric_rules), &seen.unit);
    all.push(alert_rules::host_health(&seen.unit.topology()));
    alert_rules::document(all)
}

/// Groups of these files. A file that can't be used is left out with a line for the log.
fn groups<'a>(files: impl IntoIterator<Item = &'a RuleFile>, unit: &Unit) -> Vec<Value> {
    let topology = unit.topology();
    let groups = |file: &RuleFile| alert_rules::groups(file, &topology).unwrap_or_default();
    files.into_iter().flat_map(groups).collect()
}

/// Rule for frameworks whose metrics come from an exporter beside the application: an alert if it is gone.
fn exporter_rule(framework: &Framework) -> Option<RuleFile> {
    let title = framework.title;
    let content = || {
        json!({
            "alert": format!("{title}TargetMissing"), "expr": "up == 0", "for": "2m", "labels": {"severity": "critical"},
            "annotations": {
                "summary": "Prometheus target missing (instance {{ $labels.instance }})",
                "description": format!(
                    "{title} has disappeared. An exporter might be crashed.\n  VALUE = {{{{ $value }}}}\n  LABELS = \
                     {{{{ $labels }}}}"
                ),
            },
        })
    };
    (framework.server == WebServer::Gunicorn).then(|| RuleFile { stem: framework.name.to_owned(), content: content() })
}

/// Dashboards of the framework and of the author.
fn dashboards(seen: &Seen, framework: &Framework) -> Vec<Dashboard> {
    let own = dashboard::of(framework).map(|content| (format!("{}.json", framework.name.replace('-', "_")), content));
    let authors = seen.assets.dashboards.iter().map(|(file, content)| (file.clone(), content.clone()));
    let folder = format!("{MERGED}/{DASHBOARDS}");
    let ready = |(file, content): (String, Value)| Dashboard::of(&seen.unit.charm, &folder, &file, &content).ok();
    own.into_iter().chain(authors).filter_map(ready).collect()
}

#[cfg(test)]
mod tests;
