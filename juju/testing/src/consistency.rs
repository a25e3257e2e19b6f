//! States that Juju could never produce. They are found before the event runs, all faults at once, in a sentence each.

mod container;
mod version;
mod warning;

use crate::model::{HookError, check_type, complete};
use crate::state::{Scene, State, StateOwner, StateRelation};
use juju::{Event, MAX_DATABAG_BYTES, RelationEvent, RelationKind, Role, Scope, SecretEvent, SecretKind, Version};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(crate) use warning::warnings;

/// Faults of the state and of the event in it; empty if a Juju of that version could produce them.
pub(crate) fn check(
    (scene, version): (&Scene, Version),
    event: &Event,
    params: &Map<String, Value>,
    state: &State,
) -> Vec<String> {
    let mut wrong = Vec::new();
    version::version_has(version, state, &mut wrong);
    event_matches(scene, event, params, state, &mut wrong);
    relations_match(scene, state, &mut wrong);
    options_match(scene, state, &mut wrong);
    secrets_match(state, &mut wrong);
    names_are_declared(scene, state, &mut wrong);
    container::containers_match(scene, state, &mut wrong);
    container::storages_match(scene, state, &mut wrong);
    wrong
}

fn event_matches(scene: &Scene, event: &Event, params: &Map<String, Value>, state: &State, wrong: &mut Vec<String>) {
    match event {
        Event::Relation(event) => relation_event_matches(scene, event, state, wrong),
        Event::Workload(event) => container::workload_event_matches(scene, event, state, wrong),
        Event::Storage(event) => container::storage_event_matches(scene, event, state, wrong),
        Event::LeaderElected if !state.leader => {
            wrong.push(format!("leader-elected, and {} does not lead", scene.unit));
        }
        Event::Secret(event) => secret_event_matches(event, state, wrong),
        Event::Action(event) => match scene.charm.actions.get(&event.name) {
            None => wrong.push(format!("the action \"{}\" is not declared", event.name)),
            Some(declared) => {
                wrong.extend(complete(declared, params).err().map(|why| format!("action \"{}\": {why}", event.name)));
            }
        },
        _ => {}
    }
}

fn relation_event_matches(scene: &Scene, event: &RelationEvent, state: &State, wrong: &mut Vec<String>) {
    let Some(relation) = state.relation(event.id) else {
        wrong.push(format!("the event's relation {} is not in the state", event.id));
        return;
    };
    if relation.endpoint != event.endpoint {
        let (theirs, ours) = (&event.endpoint, &relation.endpoint);
        wrong.push(format!("the event is of endpoint \"{theirs}\", relation {} of \"{ours}\"", event.id));
        return;
    }
    let remote = relation.remote_app.as_deref().unwrap_or(scene.unit.app());
    if let Some(app) = event.app.as_deref().filter(|app| *app != remote) {
        wrong.push(format!("the event's application {app} is not in relation {}, that is {remote}", event.id));
    }
    if let Some(unit) = event.unit.as_ref().filter(|unit| unit.app() != remote) {
        wrong.push(format!("the event's unit {unit} is no unit of {remote}"));
    }
    if matches!(event.kind, RelationKind::Joined | RelationKind::Departed) && event.unit.is_none() {
        wrong.push(format!("{:?} of relation {} names no unit", event.kind, event.id));
    }
    if let Some(unit) = &event.unit {
        let is_known = relation.units_data.contains_key(&unit.number());
        if event.kind != RelationKind::Departed && !is_known {
            wrong.push(format!("the event's unit {unit} is not in relation {}", event.id));
        }
    }
}

fn secret_event_matches(event: &SecretEvent, state: &State, wrong: &mut Vec<String>) {
    let Some(secret) = state.secret(&event.id) else {
        wrong.push(format!("the event's secret {} is not in the state", event.id.id()));
        return;
    };
    // The leader manages the application's secrets, so the application's owner events go to it.
    let is_ours = secret.owner == StateOwner::Unit || (secret.owner == StateOwner::App && state.leader);
    match event.kind {
        SecretKind::Changed if is_ours => {
            wrong.push(format!("secret-changed of secret {}, which the unit owns itself", event.id.id()));
        }
        SecretKind::Rotate | SecretKind::Expired | SecretKind::Remove if !is_ours => {
            wrong.push(format!("{:?} of secret {}, which the unit does not own", event.kind, event.id.id()));
        }
        _ => {}
    }
}

fn relations_match(scene: &Scene, state: &State, wrong: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for relation in &state.relations {
        if !ids.insert(relation.id) {
            wrong.push(format!("several relations have the id {}", relation.id));
        }
        endpoint_matches(scene, relation, wrong);
        databags_match(scene, relation, wrong);
    }
    for endpoint in &scene.charm.metadata.endpoints {
        let used = state.relations_of(&endpoint.name).count();
        if let Some(limit) = endpoint.limit.filter(|limit| used > *limit as usize) {
            wrong.push(format!("endpoint \"{}\" has {used} relations, its limit is {limit}", endpoint.name));
        }
    }
}

fn endpoint_matches(scene: &Scene, relation: &StateRelation, wrong: &mut Vec<String>) {
    let name = &relation.endpoint;
    let Some(endpoint) = scene.charm.metadata.endpoint(name) else {
        wrong.push(format!("relation {}: endpoint \"{name}\" is not in the metadata", relation.id));
        return;
    };
    match (endpoint.role, &relation.remote_app) {
        (Role::Peers, Some(app)) => {
            wrong.push(format!(
                "relation {}: \"{name}\" is a peer endpoint, there is no application \"{app}\" at its other end",
                relation.id
            ));
        }
        (Role::Requires | Role::Provides, None) => {
            wrong.push(format!(
                "relation {}: \"{name}\" is no peer endpoint, it needs a remote application",
                relation.id
            ));
        }
        _ => {}
    }
    if endpoint.scope == Scope::Container && relation.units_data.len() > 1 {
        let units = relation.units_data.len();
        wrong.push(format!(
            "relation {}: \"{name}\" has container scope, so one remote unit and not {units}",
            relation.id
        ));
    }
    if relation.remote_app.is_none() && relation.units_data.contains_key(&scene.unit.number()) {
        wrong.push(format!("relation {}: the unit's own number is among those of its peers", relation.id));
    }
    if relation.remote_app.as_deref() == Some(scene.unit.app()) {
        wrong.push(format!("relation {}: the remote application is the unit's own", relation.id));
    }
}

fn databags_match(scene: &Scene, relation: &StateRelation, wrong: &mut Vec<String>) {
    let bags = [&relation.local_app_data, &relation.local_unit_data, &relation.remote_app_data];
    for bag in bags.into_iter().chain(relation.units_data.values()) {
        if bag.bytes() > MAX_DATABAG_BYTES {
            let error = HookError::DatabagTooLarge { id: relation.id, bytes: bag.bytes(), limit: MAX_DATABAG_BYTES };
            wrong.push(format!("{error}"));
        }
        if let Some(key) = bag.iter().find(|(_, value)| value.is_empty()).map(|(key, _)| key) {
            let unit = &scene.unit;
            wrong.push(format!(
                "relation {} of {unit}: key \"{key}\" has an empty value, which Juju never keeps",
                relation.id
            ));
        }
    }
}

fn options_match(scene: &Scene, state: &State, wrong: &mut Vec<String>) {
    for (name, value) in &state.config {
        match scene.charm.options.get(name) {
            None => wrong.push(format!("option \"{name}\" is not declared")),
            Some(option) => wrong.extend(check_type(name, option, value).err().map(|e| e.to_string())),
        }
    }
}

fn secrets_match(state: &State, wrong: &mut Vec<String>) {
    let mut ids = BTreeSet::new();
    for secret in &state.secrets {
        if !ids.insert(&secret.id) {
            wrong.push(format!("several secrets have the id {}", secret.id.id()));
        }
        if secret.latest_content.is_empty() {
            wrong.push(format!("secret {} is empty", secret.id.id()));
        }
        if !secret.grants.is_empty() && matches!(secret.owner, StateOwner::Other | StateOwner::Withheld) {
            wrong.push(format!("secret {} is granted to a relation, but not ours to grant", secret.id.id()));
        }
        for id in secret.grants.iter().filter(|id| state.relation(**id).is_none()) {
            wrong.push(format!("secret {} is granted to relation {id}, which is not in the state", secret.id.id()));
        }
    }
}

fn names_are_declared(scene: &Scene, state: &State, wrong: &mut Vec<String>) {
    let metadata = &scene.charm.metadata;
    for name in state.networks.keys() {
        let is_extra = metadata.extra_bindings.contains(name);
        if metadata.endpoint(name).is_none() && !is_extra && name != "juju-info" {
            wrong.push(format!("network \"{name}\" is neither an endpoint nor an extra binding"));
        }
    }
    for name in metadata.extra_bindings.iter().filter(|name| metadata.endpoint(name).is_some()) {
        wrong.push(format!("extra binding \"{name}\" has the name of an endpoint"));
    }
    for name in state.resources.keys().filter(|name| !metadata.resources.contains_key(*name)) {
        wrong.push(format!("resource \"{name}\" is not declared"));
    }
}

#[cfg(test)]
mod tests;
