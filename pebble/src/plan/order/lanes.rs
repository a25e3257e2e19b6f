//! Lanes: services that require each other share a lane, in which they wait for each other; lanes run in parallel.

use std::collections::BTreeMap;

use super::steps;
use crate::plan::Service;

/// Assigns ordered names to lanes, as Pebble does: a service joins the lane it already has, else the lane of the first
/// service it requires that has one, else the lane after the last one used, which may have services already. All
/// services that it requires join the same lane.
pub(super) fn lanes(names: &[String], services: &BTreeMap<String, Service>) -> Vec<Vec<String>> {
    let mut dealt: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last: Option<usize> = None;
    for name in names {
        let requires = services[name].requires.iter().inspect(|_| steps::count());
        let known = dealt.get(name.as_str()).or_else(|| requires.clone().find_map(|needed| dealt.get(needed.as_str())));
        let lane = known.copied().unwrap_or_else(|| last.map_or(0, |last| last + 1));
        dealt.insert(name, lane);
        dealt.extend(requires.map(|needed| (needed.as_str(), lane)));
        last = Some(lane);
    }
    let mut lanes: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for name in names {
        lanes.entry(dealt[name.as_str()]).or_default().push(name.clone());
    }
    lanes.into_values().collect()
}
