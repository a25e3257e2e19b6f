//! Containers and storage of a state, and their events.

use crate::state::{Scene, State, StateContainer};
use juju::{StorageEvent, WorkloadEvent, WorkloadKind};
use pebble::plan::Plan;
use std::collections::BTreeSet;

pub(super) fn containers_match(scene: &Scene, state: &State, wrong: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for container in &state.containers {
        let name = &container.name;
        if !names.insert(name) {
            wrong.push(format!("several containers have the name \"{name}\""));
        }
        if !scene.charm.metadata.containers.contains_key(name) {
            wrong.push(format!("container \"{name}\" is not in the metadata"));
        }
        container_matches(container, wrong);
    }
}

fn container_matches(container: &StateContainer, wrong: &mut Vec<String>) {
    let name = &container.name;
    let prefixes: BTreeSet<_> = container.execs.iter().map(|exec| &exec.prefix).collect();
    if prefixes.len() < container.execs.len() {
        wrong.push(format!("container \"{name}\": several ends of commands have one prefix"));
    }
    let plan = match container.plan() {
        Ok(plan) => plan,
        Err(why) => return wrong.push(format!("container \"{name}\": {why}")),
    };
    for service in container.service_statuses.keys().filter(|service| !plan.services.contains_key(*service)) {
        wrong.push(format!("container \"{name}\": service \"{service}\" is in no layer"));
    }
    checks_match(container, &plan, wrong);
    for (path, source) in container.mounts.iter().filter(|(path, _)| !path.starts_with('/')) {
        wrong.push(format!(
            "container \"{name}\": {} is mounted at \"{path}\", which is no absolute path",
            source.display()
        ));
    }
}

fn checks_match(container: &StateContainer, plan: &Plan, wrong: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for check in &container.check_infos {
        let subject = format!("container \"{}\": check \"{}\"", container.name, check.name);
        if !names.insert(&check.name) {
            wrong.push(format!("{subject} is there twice"));
        }
        match plan.checks.get(&check.name) {
            None => wrong.push(format!("{subject} is in no layer")),
            Some(planned) => {
                wrong.extend(check.differences(planned).into_iter().map(|why| format!("{subject}: {why}")));
            }
        }
    }
}

pub(super) fn workload_event_matches(scene: &Scene, event: &WorkloadEvent, state: &State, wrong: &mut Vec<String>) {
    let name = &event.container;
    if !scene.charm.metadata.containers.contains_key(name) {
        return wrong.push(format!("the event's container \"{name}\" is not in the metadata"));
    }
    // A state with a folder of sockets has its containers there.
    let Some(container) = state.container(name) else {
        if state.containers_dir.is_none() {
            wrong.push(format!("the event's container \"{name}\" is not in the state"));
        }
        return;
    };
    match &event.kind {
        WorkloadKind::CustomNotice { key, .. } if !container.notices.contains(key) => {
            wrong.push(format!("the event's notice \"{key}\" is not in container \"{name}\""));
        }
        WorkloadKind::CheckFailed { check } | WorkloadKind::CheckRecovered { check } if lacks(container, check) => {
            wrong.push(format!("the event's check \"{check}\" is not in container \"{name}\""));
        }
        _ => {}
    }
}

/// True if the container's layers, which are valid, have no such check.
fn lacks(container: &StateContainer, check: &str) -> bool {
    container.plan().is_ok_and(|plan| !plan.checks.contains_key(check))
}

pub(super) fn storages_match(scene: &Scene, state: &State, wrong: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for storage in &state.storages {
        if !ids.insert(storage.id()) {
            wrong.push(format!("several storage instances have the id {}", storage.id()));
        }
        if !scene.charm.metadata.storages.contains_key(&storage.name) {
            wrong.push(format!("storage \"{}\" is not in the metadata", storage.name));
        }
    }
}

pub(super) fn storage_event_matches(scene: &Scene, event: &StorageEvent, state: &State, wrong: &mut Vec<String>) {
    if !scene.charm.metadata.storages.contains_key(&event.name) {
        wrong.push(format!("the event's storage \"{}\" is not in the metadata", event.name));
    } else if !state.storages.iter().any(|storage| storage.id() == event.id && storage.name == event.name) {
        wrong.push(format!("the event's storage {} is not in the state", event.id));
    }
}
