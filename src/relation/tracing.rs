//! A tracing backend as the variables that every OpenTelemetry SDK reads by itself.

use pebble::plan::Environment;

use crate::framework::Naming;

/// Where the application's spans go, and under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    /// The application's name in Juju.
    pub service_name: String,
    /// The address to which an SDK appends `v1/traces`.
    pub endpoint: String,
}

/// The variables.
#[must_use]
pub fn environment(spans: &Spans) -> Environment {
    let variables = [("OTEL_SERVICE_NAME", &spans.service_name), ("OTEL_EXPORTER_OTLP_ENDPOINT", &spans.endpoint)];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// The variables where spans have nowhere to go. OpenTelemetry's agent for Java, which a rock may bring, would look for a
/// backend on this machine.
#[must_use]
pub fn without(naming: Naming) -> Environment {
    let exporters: &[&str] = match naming {
        Naming::Plain => &[],
        Naming::Spring => &["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"],
    };
    exporters.iter().map(|name| (*name, "none")).collect()
}
