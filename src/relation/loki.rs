//! Loki: takes the logs of every service, which Pebble forwards, and evaluates the charm's alert rules.

use interfaces::loki_push_api;

use crate::facts::{Interface, Role};

/// Interface `loki_push_api`.
pub const LOKI: Interface = Interface {
    name: loki_push_api::INTERFACE,
    role: Role::Logs,
    needs: loki_push_api::NEEDS,
    request: |relation, local, _| {
        loki_push_api::request(&relation.view, &local.unit.topology(), &local.telemetry.log_rules)
    },
    sinks: loki_push_api::endpoints,
    objection: loki_push_api::complaint,
    ..Interface::PLAIN
};
