//! The Pebble layer: one service for each instance.

use std::collections::BTreeMap;

use pebble::plan::{Layer, Override, Service, Startup};

use crate::place::{Instance, Places};

/// Label of the layer.
pub(crate) const LABEL: &str = "pgbouncer";

/// The layer of a unit.
#[must_use]
pub(crate) fn layer(places: &Places, instances: &[Instance]) -> Layer {
    let service = |instance: &Instance| Service {
        summary: format!("PgBouncer {}", instance.number),
        override_: Override::Replace,
        command: format!("pgbouncer {}", instance.document()),
        startup: Startup::Enabled,
        user: places.user.clone(),
        group: places.group.clone(),
        ..Service::default()
    };
    let services: BTreeMap<_, _> =
        instances.iter().map(|instance| (instance.service.clone(), service(instance))).collect();
    Layer { summary: "PgBouncer".to_owned(), services, ..Layer::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instance_is_a_service_of_its_own_user() {
        let places = Places::default();
        let layer = layer(&places, &places.instances(2));
        assert_eq!(layer.services.keys().collect::<Vec<_>>(), ["pgbouncer_0", "pgbouncer_1"]);
        let service = &layer.services["pgbouncer_1"];
        assert_eq!(service.command, "pgbouncer /var/lib/pgbouncer/instance_1/pgbouncer.ini");
        assert_eq!((service.user.as_str(), service.group.as_str()), ("postgres", "postgres"));
        assert_eq!((&service.startup, &service.override_), (&Startup::Enabled, &Override::Replace));
    }
}
