//! Our half of the relations: requests to remote applications.

use crate::charm_spec::CharmSpec;
use crate::facts::{Integration, LocalSide, Role};
use crate::random::Random;
use crate::relation;
use crate::seen::Seen;
use crate::steps::RelationWrite;

/// Requests of the leader to remote applications, and data of each unit. Tells the ingress the port only if this event
/// reads the workload and the port is valid.
pub(super) fn all(seen: &Seen, spec: &CharmSpec, local: &LocalSide<'_>, random: Random<'_>) -> Vec<RelationWrite> {
    let is_right = seen.workload.is_some() && spec.port(&seen.config).is_some();
    let is_due = |integration: &&Integration| is_right || integration.endpoint.interface.role != Role::Route;
    let integrations = seen.integrations.iter().filter(is_due);
    integrations.flat_map(|integration| relation::requests(integration, local, random)).collect()
}
