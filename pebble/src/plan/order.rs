//! Start and stop order of services, with lanes that run in parallel.

mod lanes;
mod sort;
mod steps;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::quote::{listed, quote, shortened};
use super::{Error, Plan, Service};

/// Start order of the named services and all that they require, in lanes.
pub(super) fn start(plan: &Plan, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
    let ordered = order(&plan.services, names, Direction::Start)?;
    Ok(lanes::lanes(&ordered, &plan.services))
}

/// Stop order of the named services and all that require them, in lanes.
pub(super) fn stop(plan: &Plan, names: &[String]) -> Result<Vec<Vec<String>>, Error> {
    let ordered = order(&plan.services, names, Direction::Stop)?;
    Ok(lanes::lanes(&ordered, &plan.services))
}

/// Fails if services are in a loop, or require an unknown service.
pub(super) fn check(plan: &Plan) -> Result<(), Error> {
    let names: Vec<String> = plan.services.keys().cloned().collect();
    order(&plan.services, &names, Direction::Start).map(drop)
}

/// Filters lanes by name and drops empty ones. A restart, for example, stops no dependants.
pub fn only(lanes: Vec<Vec<String>>, keep: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    let kept = lanes.into_iter().map(|lane| lane.into_iter().filter(|name| keep(name)).collect::<Vec<_>>());
    kept.filter(|lane| !lane.is_empty()).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Start,
    Stop,
}

fn order(services: &BTreeMap<String, Service>, names: &[String], direction: Direction) -> Result<Vec<String>, Error> {
    let wanted = closure(services, names, direction)?;
    let mut groups = sort::components(&followers(services, &wanted, direction));
    match groups.iter_mut().find(|group| group.len() > 1) {
        Some(circle) => {
            circle.sort();
            Err(Error::Order(format!("services in before/after loop: {}", circle_names(circle))))
        }
        None => Ok(groups.concat()),
    }
}

fn circle_names(circle: &[String]) -> String {
    let names: Vec<String> = circle.iter().map(|name| shortened(name).into_owned()).collect();
    listed(&names, ", ")
}

/// The named services with all that they require, for a start, or all that require them, for a stop.
fn closure<'a>(
    services: &'a BTreeMap<String, Service>,
    names: &'a [String],
    direction: Direction,
) -> Result<BTreeSet<&'a str>, Error> {
    let mut dependants: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, service) in services {
        for required in &service.requires {
            steps::count();
            dependants.entry(required).or_default().push(name);
        }
    }
    let mut wanted = BTreeSet::new();
    // In the order given, so that an error names the first unknown service.
    let mut pending: VecDeque<&str> = names.iter().map(String::as_str).collect();
    while let Some(name) = pending.pop_front() {
        steps::count();
        let Some((name, service)) = services.get_key_value(name) else {
            return Err(Error::Order(format!("service {} does not exist", quote(name))));
        };
        if !wanted.insert(name.as_str()) {
            continue;
        }
        match direction {
            Direction::Start => pending.extend(service.requires.iter().map(String::as_str)),
            Direction::Stop => pending.extend(dependants.get(name.as_str()).into_iter().flatten()),
        }
    }
    Ok(wanted)
}

/// For each wanted service, the wanted services that must come before it.
fn followers<'a>(
    services: &'a BTreeMap<String, Service>,
    wanted: &BTreeSet<&'a str>,
    direction: Direction,
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut edges: BTreeMap<&str, Vec<&str>> = wanted.iter().map(|name| (*name, Vec::new())).collect();
    for name in wanted {
        let service = &services[*name];
        let (after, before) = match direction {
            Direction::Start => (&service.after, &service.before),
            Direction::Stop => (&service.before, &service.after),
        };
        for earlier in after.iter().filter_map(|earlier| wanted.get(earlier.as_str())) {
            steps::count();
            edges.entry(name).or_default().push(earlier);
        }
        for later in before.iter().filter_map(|later| wanted.get(later.as_str())) {
            steps::count();
            edges.entry(later).or_default().push(name);
        }
    }
    edges
}

#[cfg(test)]
mod tests;
