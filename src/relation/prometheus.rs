//! Prometheus: scrapes every unit's metrics and evaluates the charm's alert rules.

use interfaces::prometheus_scrape::provider::{self, Published};
use interfaces::{peer, prometheus_scrape};
use juju::Changes;

use crate::facts::{Interface, LocalSide, Relation, Role};

/// Interface `prometheus_scrape`.
pub const PROMETHEUS: Interface = Interface {
    name: prometheus_scrape::INTERFACE,
    declared: juju::Role::Provides,
    role: Role::Metrics,
    needs: provider::NEEDS,
    request: |relation, local, _| publish(relation, local),
    objection: provider::complaint,
    ..Interface::PLAIN
};

fn publish(relation: &Relation, local: &LocalSide<'_>) -> Changes {
    let published = Published {
        topology: &local.unit.topology(),
        jobs: local.telemetry.jobs.as_deref(),
        alert_rules: &local.telemetry.metric_rules,
        address: relation.address,
        fqdn: &peer::fqdn(&local.unit.name, &local.unit.model),
    };
    provider::publish(&relation.view, &published)
}
