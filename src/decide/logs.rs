//! The forwarding of logs: Pebble's log targets, one for each unit of each related Loki, in a layer of their own.
//!
//! The layer does not depend on the workload's readiness: logs are forwarded before the services start, and a target is
//! removed whatever state the workload is in.
//!
//! Pebble (1.32) makes the sender of a target when its **name** first appears, and keeps it: another location under the
//! same name is shown in the plan, and the logs go to the first one until Pebble restarts. So a unit's first location
//! gets the unit's name, and any other one a name with the location's hash. The plan shows which is which.

use std::collections::BTreeMap;

use interfaces::{Read, Topology, Url};
use juju::{Hold, UnitName};
use pebble::plan::{Layer, LogTarget, LogTargetType, Override};
use sha2::{Digest, Sha256};

use crate::charm_spec::CharmSpec;
use crate::facts::{Integration, Role};
use crate::seen::{Seen, Workload};
use crate::steps::{Action, Step};

/// Label by which targets of a charm are known, and its value.
const PRODUCT: (&str, &str) = ("product", "Juju");
/// Location of a target that is not used any more. Pebble can't remove one from a layer.
const REMOVED: &str = "(removed)";
/// Digits of a location's hash in a name.
const DIGITS: usize = 8;

/// Step that makes the log targets those of the related Lokis. `None` if they are. What can't be used is added to the
/// warnings.
pub(super) fn forward(seen: &Seen, spec: &CharmSpec, workload: &Workload, warnings: &mut Vec<String>) -> Option<Step> {
    let sinks = sinks(seen, warnings);
    let Workload::Here(container) = workload else { return None };
    let log_targets = targets(&sinks, &container.plan.log_targets, &seen.unit.topology());
    let label = format!("{}-log-forwarding", spec.container);
    let refused = Hold::blocked("cannot configure the forwarding of logs");
    let layer = Layer { label, log_targets, ..Layer::default() };
    (!layer.log_targets.is_empty()).then(|| Step::new(Action::ForwardLogs(Box::new(layer)), refused))
}

/// Usable addresses of each Loki's units.
fn sinks(seen: &Seen, warnings: &mut Vec<String>) -> Vec<(UnitName, Url)> {
    let of_logs = |integration: &&Integration| integration.endpoint.interface.role == Role::Logs;
    let mut sinks = Vec::new();
    for Integration { endpoint, relations } in seen.integrations.iter().filter(of_logs) {
        let name = &endpoint.name;
        if !seen.unit.forwards_logs && !relations.is_empty() {
            warnings
                .push(format!("{name}: logs are not forwarded: that needs Juju 3.4, upgrade the controller and model"));
            continue;
        }
        for (unit, read) in relations.iter().flat_map(|relation| (endpoint.interface.sinks)(&relation.view)) {
            match read {
                Read::Ready(url) => sinks.push((unit, url)),
                Read::Invalid { key, why } => warnings.push(format!("{name}: no logs go to {unit}: {key}: {why}")),
                Read::Waiting(_) | Read::Absent => {}
            }
        }
    }
    sinks
}

/// Targets that are missing in the plan, and those of the plan that are to be disabled.
fn targets(
    sinks: &[(UnitName, Url)],
    plan: &BTreeMap<String, LogTarget>,
    topology: &Topology,
) -> BTreeMap<String, LogTarget> {
    let mut wanted = BTreeMap::new();
    for (unit, url) in sinks {
        let target = target(url, topology);
        let known = wanted.get(&unit.to_string()).or_else(|| plan.get(&unit.to_string()));
        let is_first = known.is_none_or(|known| known.location == target.location);
        wanted.insert(if is_first { unit.to_string() } else { renamed(unit, url) }, target);
    }
    let is_ours = |target: &LogTarget| target.labels.get(PRODUCT.0).is_some_and(|value| value == PRODUCT.1);
    let unused = plan.iter().filter(|(name, target)| is_ours(target) && !wanted.contains_key(*name));
    let disabled: BTreeMap<_, _> = unused.map(|(name, target)| (name.clone(), disabled(target))).collect();
    wanted.retain(|name, target| plan.get(name) != Some(target));
    wanted.extend(disabled);
    wanted
}

fn target(url: &Url, topology: &Topology) -> LogTarget {
    let job = format!("juju_{}", topology.identifier());
    let own = [PRODUCT, ("charm", &topology.charm_name), ("juju_unit", &topology.unit), ("job", &job)];
    let labels = own.into_iter().chain(topology.labels().into_iter().filter(|(label, _)| *label != "juju_charm"));
    LogTarget {
        type_: LogTargetType::Loki,
        location: url.to_string(),
        services: vec!["all".to_owned()],
        override_: Override::Replace,
        labels: labels.map(|(label, value)| (label.to_owned(), value.to_owned())).collect(),
    }
}

fn disabled(target: &LogTarget) -> LogTarget {
    LogTarget {
        type_: target.type_.clone(),
        location: REMOVED.to_owned(),
        services: vec!["-all".to_owned()],
        override_: Override::Replace,
        labels: BTreeMap::new(),
    }
}

/// Name of a unit's later location.
fn renamed(unit: &UnitName, url: &Url) -> String {
    let hash: String = Sha256::digest(url.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{unit}#{}", &hash[..DIGITS])
}
