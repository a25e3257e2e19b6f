//! Metrics of services and checks, in the text format of Prometheus.

use crate::Pebble;

impl Pebble {
    /// The metrics as `GET /v1/metrics` answers them, without their help texts.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        let mut write = |name: &str, kind: &str, (key, value): (&str, &str), number: u64| {
            let value = pebble::plan::quote(value);
            text.push_str(&format!("# TYPE {name} {kind}\n{name}{{{key}={value}}} {number}\n\n"));
        };
        for service in self.services() {
            let label = ("service", service.name.as_str());
            write("pebble_service_active", "gauge", label, u64::from(service.is_running()));
            write("pebble_service_start_count", "counter", label, self.starts(&service.name) as u64);
        }
        for check in self.checks() {
            let label = ("check", check.name.as_str());
            if check.status != "inactive" {
                write("pebble_check_up", "gauge", label, u64::from(check.status == "up"));
            }
            write("pebble_check_success_count", "counter", label, check.successes);
            write("pebble_check_failure_count", "counter", label, check.failures);
        }
        text
    }
}
