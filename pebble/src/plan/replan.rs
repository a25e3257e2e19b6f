//! What a replan changes.

use std::collections::BTreeMap;

use super::{Error, Plan, Service, Startup};

/// What to stop and then to start, in lanes, for the running services to match the plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replan {
    /// Services whose definition changed, and those that require them.
    pub stop: Vec<Vec<String>>,
    /// Services whose definition changed or that are enabled, and those they require. Starting one that runs is no
    /// change.
    pub start: Vec<Vec<String>>,
    /// Those whose definition changed, with their new one.
    pub changed: BTreeMap<String, Service>,
}

/// Compares the plan with the definitions that services were last started (or replanned) with.
///
/// `started` holds every service that was ever started, running or not: one that was stopped and whose definition
/// changed since is started again, as in Pebble.
///
/// # Errors
/// A started service that is gone from the plan, or a circle in it; neither can happen with a validated plan, from
/// which nothing is ever taken.
pub fn replan(started: &BTreeMap<String, Service>, plan: &Plan) -> Result<Replan, Error> {
    let changed: Vec<&String> = started
        .iter()
        .filter(|(name, config)| plan.services.get(*name) != Some(config))
        .map(|(name, _)| name)
        .collect();
    let stop: Vec<String> = changed.iter().copied().cloned().collect();
    let due =
        plan.services.iter().filter(|(name, service)| changed.contains(name) || service.startup == Startup::Enabled);
    let start: Vec<String> = due.map(|(name, _)| name.clone()).collect();
    let definitions = changed.iter().filter_map(|name| plan.services.get_key_value(*name));
    Ok(Replan {
        stop: plan.stop_order(&stop)?,
        start: plan.start_order(&start)?,
        changed: definitions.map(|(name, service)| (name.clone(), service.clone())).collect(),
    })
}
