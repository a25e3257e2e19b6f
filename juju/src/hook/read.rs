//! Events out of the environment: the one place that knows which variable belongs to which hook.

use std::path::PathBuf;

use super::{
    ActionEvent, Event, RelationEvent, RelationKind, SecretEvent, SecretKind, StorageEvent, StorageKind, WorkloadEvent,
    WorkloadKind,
};
use crate::context::{ContextError, Vars, required, value};
use crate::name::UnitName;

impl Event {
    /// Reads the event out of the environment: an action if Juju names one, else the hook the dispatch path names.
    ///
    /// # Errors
    /// A variable that belongs to this hook is missing or can't be read.
    pub fn read(vars: &dyn Vars) -> Result<Self, ContextError> {
        if let Some(name) = value(vars, "JUJU_ACTION_NAME") {
            let id = value(vars, "JUJU_ACTION_UUID").unwrap_or_default();
            return Ok(Self::Action(ActionEvent { name, id }));
        }
        let path = value(vars, "JUJU_DISPATCH_PATH");
        let base = path.as_deref().and_then(|path| path.rsplit('/').next()).map(str::to_owned);
        let hook = base.filter(|name| !name.is_empty()).or_else(|| value(vars, "JUJU_HOOK_NAME"));
        let hook = hook.ok_or(ContextError::Missing { variable: "JUJU_DISPATCH_PATH" })?;
        match plain(&hook) {
            Some(event) => Ok(event),
            None => with_data(&hook, vars),
        }
    }
}

/// The hooks whose name says everything.
fn plain(hook: &str) -> Option<Event> {
    Some(match hook {
        "install" => Event::Install,
        "start" => Event::Start,
        "stop" => Event::Stop,
        "remove" => Event::Remove,
        "config-changed" => Event::ConfigChanged,
        "update-status" => Event::UpdateStatus,
        "upgrade-charm" => Event::UpgradeCharm,
        "leader-elected" => Event::LeaderElected,
        "leader-settings-changed" => Event::LeaderSettingsChanged,
        "collect-metrics" => Event::CollectMetrics,
        "meter-status-changed" => Event::MeterStatusChanged,
        "pre-series-upgrade" => Event::PreSeriesUpgrade,
        "post-series-upgrade" => Event::PostSeriesUpgrade,
        _ => return None,
    })
}

/// The hooks that come with variables of their own.
fn with_data(hook: &str, vars: &dyn Vars) -> Result<Event, ContextError> {
    let relation = |kind| relation(kind, vars).map(Event::Relation);
    let storage = |kind| storage(kind, vars).map(Event::Storage);
    let secret = |kind| secret(kind, vars).map(Event::Secret);
    let ending = |word: &str| hook.strip_suffix(word).is_some_and(|subject| subject.ends_with('-'));
    match hook {
        "secret-changed" => secret(SecretKind::Changed),
        "secret-rotate" => secret(SecretKind::Rotate),
        "secret-expired" => secret(SecretKind::Expired),
        "secret-remove" => secret(SecretKind::Remove),
        _ if ending("relation-created") => relation(RelationKind::Created),
        _ if ending("relation-joined") => relation(RelationKind::Joined),
        _ if ending("relation-changed") => relation(RelationKind::Changed),
        _ if ending("relation-departed") => relation(RelationKind::Departed),
        _ if ending("relation-broken") => relation(RelationKind::Broken),
        _ if ending("storage-attached") => storage(StorageKind::Attached),
        _ if ending("storage-detaching") => storage(StorageKind::Detaching),
        _ => workload(hook, vars),
    }
}

fn relation(kind: RelationKind, vars: &dyn Vars) -> Result<RelationEvent, ContextError> {
    let unit = |variable: &'static str| {
        let name = value(vars, variable);
        name.map(|name| name.parse::<UnitName>()).transpose().map_err(|e| ContextError::invalid(variable, e))
    };
    let id = required(vars, "JUJU_RELATION_ID")?;
    let unit_name = unit("JUJU_REMOTE_UNIT")?;
    let app = value(vars, "JUJU_REMOTE_APP").or_else(|| unit_name.as_ref().map(|unit| unit.app().to_owned()));
    Ok(RelationEvent {
        kind,
        endpoint: required(vars, "JUJU_RELATION")?,
        id: id.parse().map_err(|e| ContextError::invalid("JUJU_RELATION_ID", e))?,
        app,
        unit: unit_name,
        departing: unit("JUJU_DEPARTING_UNIT")?,
    })
}

fn storage(kind: StorageKind, vars: &dyn Vars) -> Result<StorageEvent, ContextError> {
    let id = required(vars, "JUJU_STORAGE_ID")?;
    let name = id.split('/').next().unwrap_or(&id).to_owned();
    Ok(StorageEvent { kind, name, id, location: value(vars, "JUJU_STORAGE_LOCATION").map(PathBuf::from) })
}

fn secret(kind: SecretKind, vars: &dyn Vars) -> Result<SecretEvent, ContextError> {
    let id = required(vars, "JUJU_SECRET_ID")?;
    let revision = value(vars, "JUJU_SECRET_REVISION").map(|text| text.parse::<u64>()).transpose();
    Ok(SecretEvent {
        kind,
        id: id.parse().map_err(|e| ContextError::invalid("JUJU_SECRET_ID", e))?,
        label: value(vars, "JUJU_SECRET_LABEL"),
        revision: revision.map_err(|e| ContextError::invalid("JUJU_SECRET_REVISION", e))?,
    })
}

fn workload(hook: &str, vars: &dyn Vars) -> Result<Event, ContextError> {
    let container = required(vars, "JUJU_WORKLOAD_NAME");
    let check = || required(vars, "JUJU_PEBBLE_CHECK_NAME");
    let kind = if hook.ends_with("-pebble-ready") {
        WorkloadKind::PebbleReady
    } else if hook.ends_with("-pebble-custom-notice") {
        WorkloadKind::CustomNotice {
            id: required(vars, "JUJU_NOTICE_ID")?,
            kind: required(vars, "JUJU_NOTICE_TYPE")?,
            key: required(vars, "JUJU_NOTICE_KEY")?,
        }
    } else if hook.ends_with("-pebble-check-failed") {
        WorkloadKind::CheckFailed { check: check()? }
    } else if hook.ends_with("-pebble-check-recovered") {
        WorkloadKind::CheckRecovered { check: check()? }
    } else {
        return Ok(Event::Unknown(hook.to_owned()));
    };
    Ok(Event::Workload(WorkloadEvent { container: container?, kind }))
}
