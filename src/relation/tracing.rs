//! Tracing: the variables that all OpenTelemetry SDKs read.

use interfaces::tracing;
use pebble::plan::Environment;

use crate::facts::{Interface, Provided};
use crate::framework::Naming;

/// Interface `tracing`.
pub const TRACING: Interface = Interface {
    name: tracing::INTERFACE,
    needs: tracing::NEEDS,
    read: |relation, local| {
        tracing::read(&relation.view).map(|endpoint| Provided {
            variables: environment(local.app(), &endpoint),
            traces: true,
            ..Provided::default()
        })
    },
    request: |relation, _, _| tracing::request(&relation.view),
    ..Interface::PLAIN
};

/// Name of the application, and the address to which an SDK appends `v1/traces`.
fn environment(service: &str, endpoint: &str) -> Environment {
    [("OTEL_SERVICE_NAME", service), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)].into_iter().collect()
}

/// Variables without a tracing backend. OpenTelemetry's agent for Java, which a rock may contain, would otherwise
/// connect to a backend on localhost.
#[must_use]
pub fn without(naming: Naming) -> Environment {
    let exporters: &[&str] = match naming {
        Naming::Plain => &[],
        Naming::Spring => &["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"],
    };
    exporters.iter().map(|name| (*name, "none")).collect()
}
