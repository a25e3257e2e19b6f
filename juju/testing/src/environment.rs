//! Environment variables that Juju's unit agent gives a charm: those of every hook, and those of the event.

use crate::model::{Cloud, HookId, Model};
use juju::{Event, RelationEvent, SecretEvent, StorageEvent, UnitName, Version, WorkloadEvent, WorkloadKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the agents, unless a test asks for another.
pub(crate) const JUJU_VERSION: Version = Version { major: 3, minor: 6, patch: 12 };

/// The folder of the crate under test, which Cargo names to its tests.
pub(crate) fn manifest_dir() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// Variables with the same value in every hook.
const FIXED: [(&str, &str); 11] = [
    ("APT_LISTCHANGES_FRONTEND", "none"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("JUJU_AGENT_SOCKET_NETWORK", "unix"),
    ("JUJU_API_ADDRESSES", "10.152.183.2:17070 controller-service.controller-k8s.svc.cluster.local:17070"),
    ("JUJU_CHARM_FTP_PROXY", ""),
    ("JUJU_CHARM_HTTPS_PROXY", ""),
    ("JUJU_CHARM_HTTP_PROXY", ""),
    ("JUJU_CHARM_NO_PROXY", "127.0.0.1,localhost,::1"),
    ("JUJU_METER_INFO", "not set"),
    ("JUJU_METER_STATUS", "AMBER"),
    ("JUJU_SLA", "unsupported"),
];

/// Variables that Kubernetes gives a pod and Juju passes on.
const KUBERNETES: [(&str, &str); 4] = [
    ("CLOUD_API_VERSION", "1.29.0"),
    ("KUBERNETES_PORT", "tcp://10.152.183.1:443"),
    ("KUBERNETES_SERVICE_HOST", "10.152.183.1"),
    ("KUBERNETES_SERVICE_PORT", "443"),
];

/// The place of a unit: its machine with the zone, the unit that it sits beside, or its pod.
fn of_place(model: &Model, unit: &UnitName) -> Vec<(&'static str, String)> {
    let (machine, principal) = (model.machine(unit).ok().flatten(), model.principal(unit).ok().flatten());
    let zone = if machine.is_some() { model.world().zone.to_string() } else { String::new() };
    let mut variables = vec![
        ("JUJU_AVAILABILITY_ZONE", zone),
        ("JUJU_MACHINE_ID", machine.map(|number| number.to_string()).unwrap_or_default()),
        ("JUJU_PRINCIPAL_UNIT", principal.map(UnitName::to_string).unwrap_or_default()),
    ];
    match model.cloud() {
        Cloud::Kubernetes => variables.extend(KUBERNETES.map(|(key, value)| (key, value.to_owned()))),
        Cloud::Machines => variables.push(("CLOUD_API_VERSION", String::new())),
    }
    variables
}

/// All variables of a hook: the fixed ones, those of the model, of the unit and of its place, and those of the event.
pub(crate) fn variables(
    model: &Model,
    unit: &UnitName,
    event: &Event,
    hook: &HookId,
    version: Version,
    charm_dir: &Path,
) -> Variables {
    let dir = charm_dir.display().to_string();
    let is_action = matches!(event, Event::Action(_));
    let name = event.name();
    let path = if is_action { format!("actions/{name}") } else { format!("hooks/{name}") };
    let mut variables: Variables = FIXED.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let common = [
        ("CHARM_DIR", dir.clone()),
        ("JUJU_CHARM_DIR", dir),
        ("JUJU_CONTEXT_ID", hook.as_str().to_owned()),
        ("JUJU_DISPATCH_PATH", path),
        ("JUJU_HOOK_NAME", if is_action { String::new() } else { name }),
        ("JUJU_MODEL_NAME", model.name().to_owned()),
        ("JUJU_MODEL_UUID", model.uuid().to_owned()),
        ("JUJU_UNIT_NAME", unit.to_string()),
        ("JUJU_VERSION", version.to_string()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TERM", "tmux-256color".to_owned()),
    ];
    variables.extend(common.map(|(key, value)| (key.to_owned(), value)));
    variables.extend(of_place(model, unit).into_iter().map(|(key, value)| (key.to_owned(), value)));
    variables.extend(of_event(model, event).into_iter().map(|(key, value)| (key.to_owned(), value)));
    variables
}

fn of_event(model: &Model, event: &Event) -> Vec<(&'static str, String)> {
    match event {
        Event::Relation(event) => of_relation(event),
        Event::Workload(event) => of_workload(event),
        Event::Storage(event) => of_storage(event),
        Event::Secret(event) => of_secret(model, event),
        Event::Action(event) => vec![
            ("JUJU_ACTION_NAME", event.name.clone()),
            ("JUJU_ACTION_UUID", event.id.clone()),
            ("JUJU_ACTION_TAG", format!("action-{}", event.id)),
        ],
        _ => Vec::new(),
    }
}

fn of_relation(event: &RelationEvent) -> Vec<(&'static str, String)> {
    let unit = |unit: &Option<UnitName>| unit.as_ref().map(UnitName::to_string);
    let mut variables = vec![
        ("JUJU_RELATION", event.endpoint.clone()),
        ("JUJU_RELATION_ID", format!("{}:{}", event.endpoint, event.id)),
        ("JUJU_REMOTE_UNIT", unit(&event.unit).unwrap_or_default()),
        ("JUJU_REMOTE_APP", event.app.clone().unwrap_or_default()),
    ];
    variables.extend(unit(&event.departing).map(|unit| ("JUJU_DEPARTING_UNIT", unit)));
    variables
}

fn of_workload(event: &WorkloadEvent) -> Vec<(&'static str, String)> {
    let mut variables = vec![("JUJU_WORKLOAD_NAME", event.container.clone())];
    match &event.kind {
        WorkloadKind::PebbleReady => {}
        WorkloadKind::CustomNotice { id, kind, key } => variables.extend([
            ("JUJU_NOTICE_ID", id.clone()),
            ("JUJU_NOTICE_TYPE", kind.clone()),
            ("JUJU_NOTICE_KEY", key.clone()),
        ]),
        WorkloadKind::CheckFailed { check } | WorkloadKind::CheckRecovered { check } => {
            variables.push(("JUJU_PEBBLE_CHECK_NAME", check.clone()));
        }
    }
    variables
}

fn of_storage(event: &StorageEvent) -> Vec<(&'static str, String)> {
    let location = event.location.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    vec![
        ("JUJU_STORAGE_ID", event.id.clone()),
        ("JUJU_STORAGE_LOCATION", location),
        ("JUJU_STORAGE_KIND", "filesystem".to_owned()),
    ]
}

fn of_secret(model: &Model, event: &SecretEvent) -> Vec<(&'static str, String)> {
    let owners = model.world().secrets.get(&event.id).and_then(|secret| secret.about.label.clone());
    let mut variables = vec![
        ("JUJU_SECRET_ID", format!("secret:{}", event.id.id())),
        ("JUJU_SECRET_LABEL", event.label.clone().or(owners).unwrap_or_default()),
    ];
    variables.extend(event.revision.map(|revision| ("JUJU_SECRET_REVISION", revision.to_string())));
    variables
}
