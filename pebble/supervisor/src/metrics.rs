//! Metrics of services and checks in the text format of Prometheus, as Pebble writes it.

use pebble::plan::quote;

use crate::daemon::Daemon;

/// All metrics.
pub(crate) fn text(daemon: &Daemon) -> String {
    let mut text = String::new();
    for service in daemon.services.counts() {
        let label = ("service", service.name.as_str());
        write(&mut text, &ACTIVE, label, u64::from(service.is_active));
        write(&mut text, &STARTS, label, service.starts);
    }
    for check in daemon.checks.counts() {
        let label = ("check", check.name.as_str());
        if let Some(is_up) = check.is_up {
            write(&mut text, &UP, label, u64::from(is_up));
        }
        write(&mut text, &SUCCESSES, label, check.succeeded);
        write(&mut text, &FAILURES, label, check.failed);
    }
    text
}

struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
}

const ACTIVE: Metric = Metric {
    name: "pebble_service_active",
    kind: "gauge",
    help: "Whether the service is currently active (1) or not (0)",
};
const STARTS: Metric =
    Metric { name: "pebble_service_start_count", kind: "counter", help: "Number of times the service has started" };
const UP: Metric =
    Metric { name: "pebble_check_up", kind: "gauge", help: "Whether the health check is up (1) or not (0)" };
const SUCCESSES: Metric =
    Metric { name: "pebble_check_success_count", kind: "counter", help: "Number of times the check has succeeded" };
const FAILURES: Metric =
    Metric { name: "pebble_check_failure_count", kind: "counter", help: "Number of times the check has failed" };

fn write(text: &mut String, metric: &Metric, (key, value): (&str, &str), number: u64) {
    let Metric { name, kind, help } = metric;
    let label = quote(value);
    text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{{{key}={label}}} {number}\n\n"));
}
