//! A unit with a recorder in its pod: a service that prints the statsd packets and OTLP spans of the web server.

use std::time::{Duration, Instant};

use juju::{Databag, Entity, Role};
use juju_testing::endpoint;
use serde_json::Value;

use super::{Charm, PATIENCE, Rock, World};

/// The application of these units.
const APP: &str = include_str!("observed.py");

/// Program of the recorder.
const RECORDER: &str = include_str!("recorder.py");

/// Service of the recorder, in Pebble's format.
const SERVICE: &str = "{override: replace, startup: enabled, command: /bin/python3 /flask/recorder.py}";

/// Packages for gevent workers and tracing, which the sample's requirements lack.
pub(crate) const OBSERVABLE: &[&str] =
    &["gunicorn[gevent]", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"];

impl World {
    /// A started unit with this `paas-config.yaml`, these packages in its rock, and an endpoint for tracing.
    pub(crate) fn observed(paas_config: &str, packages: &[&str]) -> Self {
        let endpoints = "requires:\n  tracing: {interface: tracing, optional: true, limit: 1}\n";
        let charm = Charm::sample().replace("requires:\n", endpoints).paas_config(paas_config);
        let rock = Rock::from(APP).packages(packages).service("recorder", SERVICE).file("flask/recorder.py", RECORDER);
        let world = Self::of(&charm);
        // These lines go to files: Pebble drops a service's output if its log's reader is slow.
        ["workers", "slow"].iter().for_each(|name| world.share(name));
        world.with_pod(rock)
    }

    /// Replaces `paas-config.yaml`.
    pub(crate) fn set_paas_config(&self, text: &str) {
        std::fs::write(self.dir.path().join("charm/paas-config.yaml"), text).unwrap();
    }

    /// Integrates the application with a tracing backend at this URL.
    pub(crate) fn trace_to(&self, url: &str) {
        let receivers = format!(r#"[{{"protocol": {{"name": "otlp_http", "type": "http"}}, "url": "{url}"}}]"#);
        self.server.with(|model| {
            model.add_application("tempo", vec![endpoint("tracing", Role::Provides, "tracing")], 1).unwrap();
            let id = model.integrate(&format!("{}:tracing", self.unit.app()), "tempo").unwrap();
            let changes = Databag::from_iter([("receivers", receivers)]);
            model.set_databag(id, &Entity::App("tempo".to_owned()), &changes).unwrap();
        });
        self.settle();
    }

    /// The lines that a service of the pod has printed.
    pub(crate) fn printed(&self, service: &str) -> Vec<String> {
        let (log, mark) = (self.pod.as_ref().unwrap().log(), format!(" [{service}] "));
        log.lines().filter_map(|line| line.split_once(&mark)).map(|(_, text)| text.to_owned()).collect()
    }

    /// The access records in the web server's JSON log.
    pub(crate) fn access_records(&self) -> Vec<Value> {
        let lines = self.printed("flask");
        let records = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        records.filter(|record| record["attributes"]["logger.name"] == "gunicorn.access").collect()
    }

    /// Number of requests that the web server has reported to statsd.
    pub(crate) fn counted(&self) -> usize {
        self.printed("recorder").iter().filter(|line| line.starts_with("statsd gunicorn.requests:1|c")).count()
    }

    /// Calls `ask` until it returns a value. Panics at the timeout with `what` and the pod's log.
    pub(crate) fn until<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(Instant::now() < end, "no {what}: {}", self.pod.as_ref().unwrap().log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
