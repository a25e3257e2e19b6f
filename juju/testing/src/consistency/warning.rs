//! States and events that Juju can produce, and that are seldom what a test is after.

use crate::state::{Scene, State, StateCheck};
use juju::{Event, Role, Scope, WorkloadEvent, WorkloadKind};

/// Oddities of the state and of the event in it, in a sentence each.
pub(crate) fn warnings(scene: &Scene, event: &Event, state: &State) -> Vec<String> {
    let of_event = match event {
        Event::Workload(event) => of_container(event, state),
        _ => None,
    };
    of_event.into_iter().chain(without_principal(scene, state)).collect()
}

fn of_container(event: &WorkloadEvent, state: &State) -> Option<String> {
    let container = state.container(&event.container)?;
    let name = &container.name;
    let is_down = |check: &str| container.check(check).is_some_and(StateCheck::is_down);
    match &event.kind {
        WorkloadKind::PebbleReady if !container.can_connect => {
            Some(format!("pebble-ready of container \"{name}\", which can't be connected to"))
        }
        WorkloadKind::CheckFailed { check } if !is_down(check) => {
            Some(format!("check-failed of check \"{check}\" in container \"{name}\", which is up"))
        }
        WorkloadKind::CheckRecovered { check } if is_down(check) => {
            Some(format!("check-recovered of check \"{check}\" in container \"{name}\", which is down"))
        }
        _ => None,
    }
}

fn without_principal(scene: &Scene, state: &State) -> Option<String> {
    let metadata = &scene.charm.metadata;
    let mut beside = metadata.with_role(Role::Requires).filter(|endpoint| endpoint.scope == Scope::Container);
    let is_alone = metadata.subordinate && !beside.any(|end| state.relations_of(&end.name).next().is_some());
    is_alone.then(|| format!("{} is a subordinate, and no relation leads to its principal", scene.unit))
}
