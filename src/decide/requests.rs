//! Our half of the relations: requests to remote applications.

use crate::charm_spec::CharmSpec;
use crate::facts::{Integration, LocalSide, Role};
use crate::random::Random;
use crate::relation;
use crate::seen::Seen;
use crate::steps::RelationWrite;

/// Requests of the leader to remote applications, and data of each unit.
pub(super) fn all(seen: &Seen, spec: &CharmSpec, local: &LocalSide<'_>, random: Random<'_>) -> Vec<RelationWrite> {
    let others = seen.integrations.iter().filter(|integration| !is_route(integration));
    let mut writes: Vec<_> = others.flat_map(|integration| relation::requests(integration, local, random)).collect();
    writes.extend(routes(seen, spec, local, random));
    writes
}

/// Data for each ingress, which gets the port only if this event reads the workload and the port is valid.
pub(super) fn routes(seen: &Seen, spec: &CharmSpec, local: &LocalSide<'_>, random: Random<'_>) -> Vec<RelationWrite> {
    if seen.workload.is_none() || spec.port(&seen.config).is_none() {
        return Vec::new();
    }
    let routes = seen.integrations.iter().filter(|integration| is_route(integration));
    routes.flat_map(|integration| relation::requests(integration, local, random)).collect()
}

fn is_route(integration: &Integration) -> bool {
    integration.endpoint.interface.role == Role::Route
}
