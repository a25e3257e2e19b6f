//! Grafana: shows the charm's dashboards.

use interfaces::grafana_dashboard::{self, provider};

use crate::facts::{Interface, Role};

/// Interface `grafana_dashboard`.
pub const GRAFANA: Interface = Interface {
    name: grafana_dashboard::INTERFACE,
    declared: juju::Role::Provides,
    role: Role::Dashboards,
    needs: provider::NEEDS,
    request: |relation, local, _| {
        provider::publish(&relation.view, &local.unit.topology(), &local.telemetry.dashboards)
    },
    objection: provider::complaint,
    ..Interface::PLAIN
};
